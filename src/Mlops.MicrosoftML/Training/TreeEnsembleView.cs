using Microsoft.ML.Data;
using Microsoft.ML.Trainers.FastTree;

namespace Mlops.MicrosoftML;

/// <summary>
/// The trees of a model, laid out so that the sums over the first ones are cheap for many rows: what several trees ask of a row is asked
/// once, for many rows at a time, and a tree then only combines the answers.
/// </summary>
internal sealed class TreeEnsembleView
{
    private readonly double _bias;
    private readonly bool _isMean;
    private readonly (int Column, float Threshold)[] _splits;
    private readonly int[] _columnOf;
    private readonly int _columns;
    private readonly List<(int[] Nodes, double[] Leaves)> _trees = [];
    private readonly int _depth;

    private TreeEnsembleView(double bias, IReadOnlyList<double> weights, IReadOnlyList<RegressionTreeBase> trees)
    {
        _bias = bias;

        // a forest takes the mean over its trees, a boosted ensemble their sum
        _isMean = trees.Count > 1 && weights.All(w => Math.Abs((w * trees.Count) - 1) < 1e-6);
        var splits = trees.SelectMany(t => t.NumericalSplitFeatureIndexes.Zip(t.NumericalSplitThresholds)).Distinct().Order().ToList();
        var placeOf = Enumerable.Range(0, splits.Count).ToDictionary(i => splits[i]);
        _columnOf = new int[splits.Count == 0 ? 0 : splits[^1].First + 1];
        Array.Fill(_columnOf, -1);
        foreach (var (feature, _) in splits)
            _columnOf[feature] = _columnOf[feature] < 0 ? _columns++ : _columnOf[feature];
        _splits = [.. splits.Select(s => (_columnOf[s.First], s.Second))];
        for (var i = 0; i < trees.Count; i++)
        {
            var (tree, weight) = (trees[i], weights[i]);
            var (nodes, depth) = Order(tree, node => placeOf[(tree.NumericalSplitFeatureIndexes[node], tree.NumericalSplitThresholds[node])]);
            _trees.Add((nodes, [.. tree.LeafValues.Select(v => v * weight)]));
            _depth = Math.Max(_depth, depth);
        }
    }

    public int Count => _trees.Count;

    /// <summary>Null if the model is no such ensemble, or has splits on sets of categories.</summary>
    public static TreeEnsembleView? Of(object model) => model switch
    {
        TreeEnsembleModelParametersBasedOnRegressionTree m =>
            Of(m.TrainedTreeEnsemble.Bias, m.TrainedTreeEnsemble.TreeWeights, m.TrainedTreeEnsemble.Trees),

        // a regression forest keeps weights of 1 and divides what it sums up by the number of trees
        TreeEnsembleModelParametersBasedOnQuantileRegressionTree { TrainedTreeEnsemble: var forest } =>
            Of(forest.Bias / forest.Trees.Count, [.. forest.TreeWeights.Select(w => w / forest.Trees.Count)], forest.Trees),
        _ => null,
    };

    private static TreeEnsembleView? Of(double bias, IReadOnlyList<double> weights, IReadOnlyList<RegressionTreeBase> trees) =>
        trees.Count == 0 || trees.Any(tree => tree.CategoricalSplitFlags.Any(flag => flag)) ? null : new TreeEnsembleView(bias, weights, trees);

    /// <summary>An empty block of rows for these trees.</summary>
    public RowBlock NewBlock() => new(_columns, _splits.Length, _depth);

    public void Add(RowBlock block, in VBuffer<float> features) => block.Add(features, _columnOf);

    /// <summary>The score of each prefix for the rows of a block.</summary>
    /// <param name="block">The rows; used up by this.</param>
    /// <param name="sizes">How many trees each prefix has, increasing.</param>
    /// <param name="scores">Where the scores of each prefix go: <paramref name="first"/> is the place of the first row.</param>
    /// <param name="first">As above.</param>
    public void Score(RowBlock block, int[] sizes, float[][] scores, int first)
    {
        for (var i = 0; i < _splits.Length; i++)
            block.Compare(i, _splits[i].Column, _splits[i].Threshold);
        for (int i = 0, next = 0; i < _trees.Count && next < sizes.Length; i++)
        {
            block.Add(_trees[i].Nodes, _trees[i].Leaves);
            if (i + 1 != sizes[next])
                continue;
            var scale = _isMean ? (double)_trees.Count / (i + 1) : 1;
            var sums = block.Sums;
            for (var row = 0; row < sums.Length; row++)
                scores[next][first + row] = (float)((sums[row] * scale) + _bias);
            next++;
        }
    }

    /// <summary>The nodes from the root on, left before right, and how many lie unfinished at once; a child below zero is the complement of a leaf.</summary>
    private static (int[] Nodes, int Depth) Order(RegressionTreeBase tree, Func<int, int> split)
    {
        List<int> nodes = [];
        Stack<int> open = new([tree.LeftChild.Count > 0 ? 0 : ~0]);
        var depth = 1;
        while (open.TryPop(out var node))
        {
            nodes.Add(node < 0 ? node : split(node));
            if (node < 0)
                continue;
            open.Push(tree.RightChild[node]);
            open.Push(tree.LeftChild[node]);
            depth = Math.Max(depth, open.Count);
        }

        return ([.. nodes], depth);
    }
}

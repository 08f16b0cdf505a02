using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Trainers.FastTree;

namespace Mlops.MicrosoftML;

/// <summary>
/// The trees of a model, laid out so that the sums over the first ones are cheap for many rows: what several trees ask of a row is asked
/// once, for many rows at a time, and a tree then only combines the answers.
/// </summary>
internal sealed class TreeEnsembleView
{
    private readonly List<Ensemble> _ensembles = [];
    private readonly ScoreLink? _link;
    private readonly (int Column, float Threshold, bool IsMissingLeft)[] _splits;
    private readonly int[] _columnOf;
    private readonly int _columns;
    private readonly int _depth;

    private TreeEnsembleView(IReadOnlyList<TreeSum> sums, ScoreLink? link)
    {
        _link = link;
        var splitsOf = sums.SelectMany(s => s.Trees).Distinct().ToDictionary(tree => tree, SplitsOf);
        var splits = splitsOf.Values.SelectMany(s => s).Distinct().Order().ToList();
        var placeOf = Enumerable.Range(0, splits.Count).ToDictionary(i => splits[i]);
        _columnOf = new int[splits.Count == 0 ? 0 : splits[^1].Feature + 1];
        Array.Fill(_columnOf, -1);
        foreach (var (feature, _, _) in splits)
            _columnOf[feature] = _columnOf[feature] < 0 ? _columns++ : _columnOf[feature];
        _splits = [.. splits.Select(s => (_columnOf[s.Feature], s.Threshold, s.IsMissingLeft))];
        foreach (var sum in sums)
        {
            List<(int[] Nodes, double[] Leaves)> trees = [];
            foreach (var (tree, weight) in sum.Trees.Zip(sum.Weights))
            {
                var (nodes, depth) = Order(tree, node => placeOf[splitsOf[tree][node]]);
                trees.Add((nodes, [.. tree.LeafValues.Select(v => v * weight)]));
                _depth = Math.Max(_depth, depth);
            }

            _ensembles.Add(new Ensemble(sum.Bias, sum.IsForest, trees));
        }

        Count = _ensembles.Max(e => e.Trees.Count);
    }

    /// <summary>How many trees it has; if there is an ensemble for each class, how many the largest has.</summary>
    public int Count { get; }

    /// <summary>How many scores a row has: one, or one for each class.</summary>
    public int Outputs => _ensembles.Count;

    /// <summary>Whether the scores of a row are the probabilities of the classes.</summary>
    public bool IsProbability => _link is not null;

    /// <summary>Null if the model is no such ensemble, nor one for each class, or has splits on sets of categories.</summary>
    public static TreeEnsembleView? Of(object model)
    {
        var (parts, link) = model is OneVersusAllModelParameters classes ? ClassScores.Of(classes) : ([model], null);
        var sums = parts.Select(TreeSum.Of).OfType<TreeSum>().ToList();
        return sums.Count == parts.Count && sums.Any(s => s.Trees.Count > 0) ? new TreeEnsembleView(sums, link) : null;
    }

    /// <summary>How much memory a block of rows for these trees takes.</summary>
    public long BlockBytes => RowBlock.SizeBytes(_columns, _splits.Length, _depth);

    /// <summary>An empty block of rows for these trees.</summary>
    public RowBlock NewBlock() => new(_columns, _splits.Length, _depth);

    public void Add(RowBlock block, in VBuffer<float> features) => block.Add(features, _columnOf);

    /// <summary>The scores of each prefix for the rows of a block.</summary>
    /// <param name="block">The rows.</param>
    /// <param name="sizes">How many trees each prefix has, increasing; an ensemble with fewer gives all it has.</param>
    /// <param name="scores">Where the scores of each prefix go, row by row: <paramref name="first"/> is the place of the first row.</param>
    /// <param name="first">As above.</param>
    public void Score(RowBlock block, int[] sizes, float[][] scores, int first)
    {
        for (var i = 0; i < _splits.Length; i++)
            block.Compare(i, _splits[i].Column, _splits[i].Threshold, _splits[i].IsMissingLeft);
        for (var output = 0; output < Outputs; output++)
            Score(block, output, sizes, scores, first);
        if (_link is null)
            return;
        foreach (var prefix in scores)
        {
            for (var row = first; row < first + block.Count; row++)
                _link(prefix.AsSpan(row * Outputs, Outputs));
        }
    }

    private void Score(RowBlock block, int output, int[] sizes, float[][] scores, int first)
    {
        var (bias, isForest, trees) = _ensembles[output];
        block.ClearSums();
        for (int prefix = 0, i = 0; prefix < sizes.Length; prefix++)
        {
            for (; i < sizes[prefix] && i < trees.Count; i++)
                block.Add(trees[i].Nodes, trees[i].Leaves);
            var scale = isForest && i > 0 ? (double)trees.Count / i : 1;
            var sums = block.Sums;
            for (var row = 0; row < sums.Length; row++)
                scores[prefix][((first + row) * Outputs) + output] = (float)((sums[row] * scale) + bias);
        }
    }

    /// <summary>What each node of a tree asks, and whether it takes a missing value for one that is not above the threshold.</summary>
    /// <exception cref="NotSupportedException">The tree does not tell where it sends a missing value.</exception>
    private static (int Feature, float Threshold, bool IsMissingLeft)[] SplitsOf(RegressionTreeBase tree)
    {
        // LightGBM's trees put a default in its place, which no public member shows; the others have none and send it to the right
        var inner = Hidden.Field(tree, "_tree") ?? throw new NotSupportedException("the trees do not tell where they send missing values.");
        var defaults = Hidden.Field(inner, "DefaultValueForMissing") as float[];
        return [.. tree.NumericalSplitFeatureIndexes.Zip(tree.NumericalSplitThresholds)
            .Select((split, node) => (split.First, split.Second, defaults?[node] <= split.Second))];
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

    private sealed record Ensemble(double Bias, bool IsForest, List<(int[] Nodes, double[] Leaves)> Trees);
}

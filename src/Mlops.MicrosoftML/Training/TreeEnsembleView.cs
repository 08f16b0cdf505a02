using System.Collections.Concurrent;
using Microsoft.ML.Trainers.FastTree;

namespace Mlops.MicrosoftML;

/// <summary>The trees of a model in flat arrays, so that the sum over the first ones can be taken.</summary>
internal sealed class TreeEnsembleView
{
    private const int RowsAtOnce = 64;
    private readonly Tree[] _trees;
    private readonly double _bias;

    private TreeEnsembleView(double bias, IReadOnlyList<double> weights, IReadOnlyList<RegressionTreeBase> trees)
    {
        _bias = bias;
        _trees = [.. trees.Select((tree, i) => new Tree(tree, weights[i]))];

        // a forest takes the mean over its trees, a boosted ensemble their sum
        IsMean = trees.Count > 1 && weights.All(w => Math.Abs((w * trees.Count) - 1) < 1e-6);
    }

    public int Count => _trees.Length;

    private bool IsMean { get; }

    /// <summary>Null if the model is no such ensemble, or has splits on sets of categories.</summary>
    public static TreeEnsembleView? Of(object model)
    {
        var view = model switch
        {
            TreeEnsembleModelParametersBasedOnRegressionTree m =>
                new TreeEnsembleView(m.TrainedTreeEnsemble.Bias, m.TrainedTreeEnsemble.TreeWeights, m.TrainedTreeEnsemble.Trees),
            TreeEnsembleModelParametersBasedOnQuantileRegressionTree m =>
                Divided(m.TrainedTreeEnsemble.Bias, m.TrainedTreeEnsemble.TreeWeights, m.TrainedTreeEnsemble.Trees),
            _ => null,
        };
        return view is { Count: > 0 } && !view._trees.Any(tree => tree.HasCategories) ? view : null;
    }

    // a regression forest keeps weights of 1 and divides what it sums up by the number of trees
    private static TreeEnsembleView Divided(double bias, IReadOnlyList<double> weights, IReadOnlyList<RegressionTreeBase> trees) =>
        new(bias / trees.Count, [.. weights.Select(w => w / trees.Count)], trees);

    /// <summary>The score of each prefix for some rows: tree by tree, so that a tree stays in the processor's cache.</summary>
    /// <param name="rows">The dense feature vectors; at least one.</param>
    /// <param name="sizes">How many trees each prefix has, increasing.</param>
    /// <param name="set">Takes the place of the prefix, that of the row, and the score; called on several threads.</param>
    public void Score(float[][] rows, int[] sizes, Action<int, int, double> set) =>
        Parallel.ForEach(Partitioner.Create(0, rows.Length, RowsAtOnce), range =>
        {
            var sums = new double[range.Item2 - range.Item1];
            for (int i = 0, next = 0; i < _trees.Length && next < sizes.Length; i++)
            {
                var tree = _trees[i];
                for (var row = 0; row < sums.Length; row++)
                    sums[row] += tree.Score(rows[range.Item1 + row]);
                if (i + 1 != sizes[next])
                    continue;
                for (var row = 0; row < sums.Length; row++)
                    set(next, range.Item1 + row, (IsMean ? sums[row] * _trees.Length / (i + 1) : sums[row]) + _bias);
                next++;
            }
        });

    private readonly record struct Node(int Feature, float Threshold, int Left, int Right);

    private sealed class Tree(RegressionTreeBase tree, double weight)
    {
        private readonly Node[] _nodes = [.. tree.NumericalSplitFeatureIndexes.Select(
            (feature, i) => new Node(feature, tree.NumericalSplitThresholds[i], tree.LeftChild[i], tree.RightChild[i]))];

        private readonly double[] _leaves = [.. tree.LeafValues.Select(v => v * weight)];

        public bool HasCategories { get; } = tree.CategoricalSplitFlags.Any(flag => flag);

        // a child below zero is the complement of a leaf
        public double Score(ReadOnlySpan<float> features)
        {
            if (_nodes.Length == 0)
                return _leaves[0];
            var at = 0;
            while (at >= 0)
            {
                ref readonly var node = ref _nodes[at];
                at = features[node.Feature] <= node.Threshold ? node.Left : node.Right;
            }

            return _leaves[~at];
        }
    }
}

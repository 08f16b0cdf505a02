using Microsoft.ML.Trainers.FastTree;

namespace Mlops.MicrosoftML;

/// <summary>The trees of a model in flat arrays, so that the sum over the first ones can be taken.</summary>
internal sealed class TreeEnsembleView
{
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

    /// <summary>The score of each prefix for one row.</summary>
    /// <param name="features">The dense feature vector.</param>
    /// <param name="sizes">How many trees each prefix has, increasing.</param>
    /// <param name="scores">As many as sizes.</param>
    public void Score(ReadOnlySpan<float> features, ReadOnlySpan<int> sizes, Span<double> scores)
    {
        var (sum, next) = (0.0, 0);
        for (var i = 0; i < _trees.Length && next < sizes.Length; i++)
        {
            sum += _trees[i].Score(features);
            if (i + 1 == sizes[next])
                scores[next++] = (IsMean ? sum * _trees.Length / (i + 1) : sum) + _bias;
        }
    }

    private sealed class Tree(RegressionTreeBase tree, double weight)
    {
        private readonly int[] _features = [.. tree.NumericalSplitFeatureIndexes];
        private readonly float[] _thresholds = [.. tree.NumericalSplitThresholds];
        private readonly int[] _left = [.. tree.LeftChild];
        private readonly int[] _right = [.. tree.RightChild];
        private readonly double[] _leaves = [.. tree.LeafValues.Select(v => v * weight)];

        public bool HasCategories { get; } = tree.CategoricalSplitFlags.Any(flag => flag);

        // a child below zero is the complement of a leaf
        public double Score(ReadOnlySpan<float> features)
        {
            if (_features.Length == 0)
                return _leaves[0];
            var node = 0;
            while (node >= 0)
                node = features[_features[node]] <= _thresholds[node] ? _left[node] : _right[node];
            return _leaves[~node];
        }
    }
}

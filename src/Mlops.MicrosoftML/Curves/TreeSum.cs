using Microsoft.ML.Trainers.FastTree;

namespace Mlops.MicrosoftML;

/// <summary>A score as ML.NET keeps it: the weighted sum of trees, and a bias.</summary>
/// <param name="Bias">What is added to the sum.</param>
/// <param name="Weights">The weight of each tree.</param>
/// <param name="Trees">The trees, numerical splits only.</param>
/// <param name="IsForest">Whether all trees say the same thing, so that the sum of some is to be scaled up to all; boosted ones add to each other.</param>
internal sealed record TreeSum(double Bias, IReadOnlyList<double> Weights, IReadOnlyList<RegressionTreeBase> Trees, bool IsForest)
{
    /// <summary>Null if the model is no ensemble of trees, or has splits on sets of categories.</summary>
    public static TreeSum? Of(object model) => ModelParameters.Unwrap(model) switch
    {
        TreeEnsembleModelParametersBasedOnRegressionTree { TrainedTreeEnsemble: var e } =>
            Numerical(new TreeSum(e.Bias, e.TreeWeights, e.Trees, e.Trees.Count > 1 && e.TreeWeights.All(w => Math.Abs((w * e.Trees.Count) - 1) < 1e-6))),

        // a regression forest keeps weights of 1 and divides what it sums up by the number of trees; a binary one does not
        FastForestRegressionModelParameters { TrainedTreeEnsemble: { Trees.Count: > 0 and var count } e } =>
            Numerical(new TreeSum(e.Bias / count, [.. e.TreeWeights.Select(w => w / count)], e.Trees, IsForest: true)),
        TreeEnsembleModelParametersBasedOnQuantileRegressionTree { TrainedTreeEnsemble: var e } =>
            Numerical(new TreeSum(e.Bias, e.TreeWeights, e.Trees, IsForest: true)),
        _ => null,
    };

    private static TreeSum? Numerical(TreeSum sum) => sum.Trees.Any(tree => tree.CategoricalSplitFlags.Any(flag => flag)) ? null : sum;
}

using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Trainers.FastTree;

namespace Mlops.MicrosoftML;

/// <summary>What a trained model says about its features.</summary>
internal static class ModelParameters
{
    /// <summary>The model without the calibrator around it.</summary>
    public static object Unwrap(object model)
    {
        while (Hidden.Property(model, "SubModel") is { } inner)
            model = inner;
        return model;
    }

    /// <summary>
    /// How much each slot of the feature column weighs, and the word for it: weights of linear models (of several classes the
    /// largest absolute one), gains of trees, widths of the shape functions of a GAM. Null if the model does not say.
    /// </summary>
    public static (string Measure, float[] Weights)? Importance(object model) => Unwrap(model) switch
    {
        LinearModelParameters linear => ("weight", [.. linear.Weights]),
        LinearMulticlassModelParametersBase linear => ("largest weight", Largest(linear)),
        TreeEnsembleModelParameters trees => ("gain", Gains(trees)),
        GamModelParametersBase gam => ("effect range", [.. Enumerable.Range(0, gam.NumberOfShapeFunctions).Select(i => Range(gam.GetBinEffects(i)))]),
        _ => null,
    };

    private static float[] Gains(TreeEnsembleModelParameters trees)
    {
        VBuffer<float> gains = default;
        trees.GetFeatureWeights(ref gains);
        return [.. gains.DenseValues()];
    }

    private static float[] Largest(LinearMulticlassModelParametersBase linear)
    {
        VBuffer<float>[] weights = [];
        linear.GetWeights(ref weights, out var classes);
        var dense = weights.Take(classes).Select(w => w.DenseValues().ToArray()).ToList();
        return [.. Enumerable.Range(0, dense[0].Length).Select(i => dense.Max(w => Math.Abs(w[i])))];
    }

    private static float Range(IReadOnlyList<double> effects) => effects.Count == 0 ? 0 : (float)(effects.Max() - effects.Min());
}

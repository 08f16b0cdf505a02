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
    /// How much each slot of the feature column weighs, and the word for it: weights of linear models, gains of trees, widths of the
    /// shape functions of a GAM; of several classes the largest absolute one. Null if the model does not say.
    /// </summary>
    public static (string Measure, float[] Weights)? Importance(object model) => Unwrap(model) switch
    {
        LinearModelParameters linear => ("weight", [.. linear.Weights]),
        LinearMulticlassModelParametersBase linear => ("largest weight", Largest(Weights(linear))),
        OneVersusAllModelParameters classes => Largest([.. ClassScores.Models(classes).Select(Importance)]),
        TreeEnsembleModelParameters trees => ("gain", Gains(trees)),
        GamModelParametersBase gam => ("effect range", EffectRanges(gam)),
        _ => null,
    };

    private static float[] Gains(TreeEnsembleModelParameters trees)
    {
        VBuffer<float> gains = default;
        trees.GetFeatureWeights(ref gains);
        return [.. gains.DenseValues()];
    }

    private static IReadOnlyList<float[]> Weights(LinearMulticlassModelParametersBase linear)
    {
        VBuffer<float>[] weights = [];
        linear.GetWeights(ref weights, out var classes);
        return [.. weights.Take(classes).Select(w => w.DenseValues().ToArray())];
    }

    private static (string Measure, float[] Weights)? Largest(IReadOnlyList<(string Measure, float[] Weights)?> classes) =>
        classes is [{ } first, ..] && classes.All(c => c is not null)
            ? ("largest " + first.Measure, Largest([.. classes.Select(c => c!.Value.Weights)]))
            : null;

    private static float[] Largest(IReadOnlyList<float[]> classes) =>
        [.. Enumerable.Range(0, classes[0].Length).Select(i => classes.Max(w => Math.Abs(w[i])))];

    // GetBinEffects takes the index of a feature, but none from the number of shape functions on, and a constant feature has no function
    private static float[] EffectRanges(GamModelParametersBase gam)
    {
        var ranges = new float[(int)Hidden.Field(gam, "_numInputFeatures")!];
        var effects = (double[][])Hidden.Field(gam, "_binEffects")!;
        foreach (var (feature, function) in ((int[])Hidden.Field(gam, "_shapeToInputMap")!).Select((feature, function) => (feature, function)))
            ranges[feature] = Range(effects[function]);
        return ranges;
    }

    private static float Range(double[] effects) => effects.Length == 0 ? 0 : (float)(effects.Max() - effects.Min());
}

using System.Collections;
using System.Collections.Frozen;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace Mlops.MicrosoftML;

/// <summary>The estimators that a pipeline is made of, chains within chains opened up.</summary>
internal static class PipelineParts
{
    // whatever learns in these is an ITrainerEstimator
    private static readonly FrozenSet<string> WithoutOtherLearners = FrozenSet.Create(
        StringComparer.Ordinal,
        "Microsoft.ML.Core", "Microsoft.ML.Data", "Microsoft.ML.FastTree", "Microsoft.ML.ImageAnalytics", "Microsoft.ML.KMeansClustering",
        "Microsoft.ML.LightGbm", "Microsoft.ML.Mkl.Components", "Microsoft.ML.OnnxTransformer", "Microsoft.ML.PCA",
        "Microsoft.ML.StandardTrainers", "Microsoft.ML.TensorFlow", "Microsoft.ML.Transforms");

    public static IReadOnlyList<object> Of(object estimator)
    {
        // ML.NET shows the parts of a fitted chain, but not those of one that is still to be fitted
        var inner = estimator.GetType() switch
        {
            { IsGenericType: true } type when type.GetGenericTypeDefinition() == typeof(EstimatorChain<>) => Hidden.Field(estimator, "_estimators"),
            { Name: "DelegateEstimator`1" } => Hidden.Field(estimator, "_est"),
            _ => null,
        };
        return inner switch
        {
            IEnumerable many => [.. many.Cast<object>().SelectMany(Of)],
            not null => Of(inner),
            null => [estimator],
        };
    }

    /// <summary>The part that learns from labels or clusters, the last if there are several; null if none says that it does.</summary>
    public static object? Trainer(IReadOnlyList<object> parts) => parts.LastOrDefault(IsTrainer);

    /// <summary>
    /// A part of which nothing says that it only transforms, so that it may learn in its own way: one that others wrote, or a learner of
    /// ML.NET that is no trainer by its type, as those of time series.
    /// </summary>
    public static object? Stranger(IReadOnlyList<object> parts) => parts.LastOrDefault(
        part => !WithoutOtherLearners.Contains(part.GetType().Assembly.GetName().Name ?? ""));

    public static bool IsTrainer(object part) =>
        part.GetType().GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(ITrainerEstimator<,>));
}

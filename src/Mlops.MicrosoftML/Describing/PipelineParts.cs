using System.Collections;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace Mlops.MicrosoftML;

/// <summary>The estimators that a pipeline is made of, chains within chains opened up.</summary>
internal static class PipelineParts
{
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

    /// <summary>A part that others wrote and that may learn in its own way.</summary>
    public static object? Stranger(IReadOnlyList<object> parts) => parts.LastOrDefault(
        part => part.GetType().Assembly.GetName().Name?.StartsWith("Microsoft.ML", StringComparison.Ordinal) != true);

    public static bool IsTrainer(object part) =>
        part.GetType().GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(ITrainerEstimator<,>));
}

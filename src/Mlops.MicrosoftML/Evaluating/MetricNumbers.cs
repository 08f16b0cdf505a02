using Microsoft.ML.Data;
using Matrix = Mlops.Metadata.ConfusionMatrix;

namespace Mlops.MicrosoftML;

/// <summary>The numbers of ML.NET's results, by the names that the field gives them.</summary>
internal static class MetricNumbers
{
    /// <exception cref="ArgumentException">The object is no result of an <c>Evaluate</c> of ML.NET.</exception>
    public static IReadOnlyList<KeyValuePair<string, double>> Of(object metrics) => metrics switch
    {
        BinaryClassificationMetrics m => Of(m),
        MulticlassClassificationMetrics m => Of(m),
        // without an error R² is 1, or NaN of a constant: it is 0 as well only if no row had a score, so that nothing was measured
        RegressionMetrics { MeanAbsoluteError: 0, RSquared: 0 } =>
            [new("mae", double.NaN), new("mse", double.NaN), new("rmse", double.NaN), new("r2", double.NaN), new("loss", double.NaN)],
        RegressionMetrics m =>
        [
            new("mae", m.MeanAbsoluteError), new("mse", m.MeanSquaredError), new("rmse", m.RootMeanSquaredError), new("r2", m.RSquared),
            new("loss", m.LossFunction),
        ],
        RankingMetrics m =>
        [
            .. m.NormalizedDiscountedCumulativeGains.Select((v, i) => At("ndcg", i, v)),
            .. m.DiscountedCumulativeGains.Select((v, i) => At("dcg", i, v)),
        ],
        ClusteringMetrics m => Of(m),
        AnomalyDetectionMetrics m => [new("auc", m.AreaUnderRocCurve), new("detection_rate", m.DetectionRateAtFalsePositiveCount)],
        _ => throw new ArgumentException($"{metrics.GetType()} is no result of an Evaluate of ML.NET.", nameof(metrics)),
    };

    /// <summary>Rows are actual, columns predicted classes; null where the result has none.</summary>
    /// <param name="metrics">The result.</param>
    /// <param name="classes">The names of the classes if they are known; else their places.</param>
    public static Matrix? Confusion(object metrics, IReadOnlyList<string>? classes = null)
    {
        var (matrix, names) = metrics switch
        {
            BinaryClassificationMetrics m => (m.ConfusionMatrix, (IReadOnlyList<string>)["positive", "negative"]),
            MulticlassClassificationMetrics m => (m.ConfusionMatrix, classes ?? []),
            _ => (null, []),
        };
        if (matrix is null || matrix.NumberOfClasses == 0)
            return null;
        var labels = Enumerable.Range(0, matrix.NumberOfClasses).Select(i => FormattableString.Invariant($"{i}")).ToList();
        return new Matrix(names.Count == labels.Count && names.Distinct(StringComparer.Ordinal).Count() == names.Count ? names : labels, matrix.Counts);
    }

    private static List<KeyValuePair<string, double>> Of(BinaryClassificationMetrics metrics)
    {
        List<KeyValuePair<string, double>> numbers =
        [
            new("auc", metrics.AreaUnderRocCurve), new("auc_pr", metrics.AreaUnderPrecisionRecallCurve), new("accuracy", metrics.Accuracy),
            new("precision", metrics.PositivePrecision), new("recall", metrics.PositiveRecall), new("f1", metrics.F1Score),
            new("negative_precision", metrics.NegativePrecision), new("negative_recall", metrics.NegativeRecall),
        ];
        if (metrics is CalibratedBinaryClassificationMetrics calibrated)
            numbers.AddRange([new("log_loss", calibrated.LogLoss), new("log_loss_reduction", calibrated.LogLossReduction), new("entropy", calibrated.Entropy)]);
        return numbers;
    }

    private static List<KeyValuePair<string, double>> Of(MulticlassClassificationMetrics metrics)
    {
        List<KeyValuePair<string, double>> numbers =
        [
            new("micro_accuracy", metrics.MicroAccuracy), new("macro_accuracy", metrics.MacroAccuracy),
            new("log_loss", metrics.LogLoss), new("log_loss_reduction", metrics.LogLossReduction),
        ];
        if (metrics.TopKPredictionCount > 0)
            numbers.Add(At("top_accuracy", metrics.TopKPredictionCount - 1, metrics.TopKAccuracy));
        return numbers;
    }

    // what had no column to be measured from is left at 0, or at NaN
    private static List<KeyValuePair<string, double>> Of(ClusteringMetrics metrics)
    {
        List<KeyValuePair<string, double>> numbers = [new("average_distance", metrics.AverageDistance)];
        if (metrics.DaviesBouldinIndex != 0)
            numbers.Add(new("davies_bouldin", metrics.DaviesBouldinIndex));
        if (!double.IsNaN(metrics.NormalizedMutualInformation))
            numbers.Add(new("normalized_mutual_information", metrics.NormalizedMutualInformation));
        return numbers;
    }

    private static KeyValuePair<string, double> At(string name, int index, double value) => new(FormattableString.Invariant($"{name}_at_{index + 1}"), value);
}

using Microsoft.ML;
using Microsoft.ML.Data;
using Mlops.Metadata;
using Mlops.Tracking;

namespace Mlops.MicrosoftML;

/// <summary>Evaluates scored data and logs what comes out, curves included.</summary>
public static class RunEvaluationExtensions
{
    /// <summary>
    /// <c>Evaluate</c> of the catalog, logged as <see cref="RunMetricsExtensions.LogMetricsAsync(ActiveRun, RegressionMetrics, string?, long, CancellationToken)"/>
    /// does, with a histogram of the finite residuals (score minus label), if there are any, of the key <c>residuals</c>.
    /// </summary>
    /// <remarks>
    /// A confusion matrix or curve that cannot be made or logged, such as one above <see cref="RichValue.MaxBytes"/>, is noted in a tag of its
    /// own, such as <c>mlnet.warnings.test_confusion</c>, and the result is returned.
    /// </remarks>
    /// <param name="run">The run.</param>
    /// <param name="catalog">Such as <c>mlContext.Regression</c>.</param>
    /// <param name="scored">What <c>model.Transform</c> returned.</param>
    /// <param name="part">Which data it is, such as <c>test</c>: put before each key, with an underscore. Nothing if null.</param>
    /// <param name="label">The column with the truth.</param>
    /// <param name="step">The step; 0 if there is none.</param>
    /// <param name="cancellationToken">Cancels; what was logged stays.</param>
    /// <returns>The result of ML.NET.</returns>
    /// <exception cref="ArgumentException">The data has not the columns that the task needs.</exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    public static Task<RegressionMetrics> EvaluateAsync(
        this ActiveRun run, RegressionCatalog catalog, IDataView scored, string? part = null, string label = "Label", long step = 0,
        CancellationToken cancellationToken = default) =>
        EvaluateAsync(
            run, catalog, scored, part, label, step, view => catalog.Evaluate(view, label),
            view => ScoredCurves.Residuals(view, label, cancellationToken), cancellationToken);

    /// <summary>
    /// <c>Evaluate</c> (without a <c>Probability</c> column <c>EvaluateNonCalibrated</c>), logged with the curves <c>roc</c> and
    /// <c>precision_recall</c> and, of probabilities, <c>calibration</c>. A positive label is true, greater than 0, or the second value of a key.
    /// </summary>
    /// <returns>The result of ML.NET; a <see cref="CalibratedBinaryClassificationMetrics"/> if there are probabilities.</returns>
    /// <inheritdoc cref="EvaluateAsync(ActiveRun, RegressionCatalog, IDataView, string?, string, long, CancellationToken)"/>
    public static Task<BinaryClassificationMetrics> EvaluateAsync(
        this ActiveRun run, BinaryClassificationCatalog catalog, IDataView scored, string? part = null, string label = "Label", long step = 0,
        CancellationToken cancellationToken = default) =>
        EvaluateAsync(
            run, catalog, scored, part, label, step,
            view => view.Schema.GetColumnOrNull("Probability") is null ? catalog.EvaluateNonCalibrated(view, label) : catalog.Evaluate(view, label),
            view => ScoredCurves.OfTwoClasses(view, label, cancellationToken), cancellationToken);

    /// <summary><c>Evaluate</c>, logged with the confusion matrix of the classes by their names.</summary>
    /// <inheritdoc cref="EvaluateAsync(ActiveRun, RegressionCatalog, IDataView, string?, string, long, CancellationToken)"/>
    public static Task<MulticlassClassificationMetrics> EvaluateAsync(
        this ActiveRun run, MulticlassClassificationCatalog catalog, IDataView scored, string? part = null, string label = "Label", long step = 0,
        CancellationToken cancellationToken = default) =>
        EvaluateAsync(run, catalog, scored, part, label, step, view => catalog.Evaluate(view, label), curves: null, cancellationToken);

    /// <summary><c>Evaluate</c> of rankings, logged; <c>group</c> is the column that says which rows are ranked together.</summary>
    /// <inheritdoc cref="EvaluateAsync(ActiveRun, RegressionCatalog, IDataView, string?, string, long, CancellationToken)"/>
    public static Task<RankingMetrics> EvaluateAsync(
        this ActiveRun run, RankingCatalog catalog, IDataView scored, string? part = null, string label = "Label", string group = "GroupId",
        long step = 0, CancellationToken cancellationToken = default) =>
        EvaluateAsync(run, catalog, scored, part, label, step, view => catalog.Evaluate(view, label, group), curves: null, cancellationToken);

    /// <summary>
    /// <c>Evaluate</c> of clusters, logged. The mutual information needs a <c>label</c>, the Davies-Bouldin index the column
    /// <c>features</c>; null leaves it out.
    /// </summary>
    /// <inheritdoc cref="EvaluateAsync(ActiveRun, RegressionCatalog, IDataView, string?, string, long, CancellationToken)"/>
    public static Task<ClusteringMetrics> EvaluateAsync(
        this ActiveRun run, ClusteringCatalog catalog, IDataView scored, string? part = null, string? label = null, string? features = "Features",
        long step = 0, CancellationToken cancellationToken = default) =>
        EvaluateAsync(
            run, catalog, scored, part, label, step, view => catalog.Evaluate(view, label, "Score", features), curves: null, cancellationToken);

    /// <summary>
    /// <c>Evaluate</c> of anomalies, logged with the curves <c>roc</c> and <c>precision_recall</c>. ML.NET wants the label as a
    /// <see cref="float"/>, greater than 0 for an anomaly.
    /// </summary>
    /// <inheritdoc cref="EvaluateAsync(ActiveRun, RegressionCatalog, IDataView, string?, string, long, CancellationToken)"/>
    public static Task<AnomalyDetectionMetrics> EvaluateAsync(
        this ActiveRun run, AnomalyDetectionCatalog catalog, IDataView scored, string? part = null, string label = "Label", long step = 0,
        CancellationToken cancellationToken = default) =>
        EvaluateAsync(
            run, catalog, scored, part, label, step, view => catalog.Evaluate(view, label),
            view => ScoredCurves.OfTwoClasses(view, label, cancellationToken), cancellationToken);

    private static async Task<T> EvaluateAsync<T>(
        ActiveRun run, TrainCatalogBase catalog, IDataView scored, string? part, string? label, long step,
        Func<IDataView, T> evaluate, Func<IDataView, IEnumerable<KeyValuePair<string, Func<RichValue>>>>? curves, CancellationToken cancellationToken)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(scored);
        MetricLog log = new(run, part, step);
        var view = curves is null ? scored : new KeepingView(scored, label);
        var (metrics, drawn) = await Task.Run(() => (evaluate(view), curves?.Invoke(view).ToList() ?? []), cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(
            [log.LogAsync(metrics, ScoredCurves.Classes(scored), cancellationToken), .. drawn.Select(d => log.LogAsync(d.Key, d.Value, cancellationToken))])
            .ConfigureAwait(false);
        return metrics;
    }
}

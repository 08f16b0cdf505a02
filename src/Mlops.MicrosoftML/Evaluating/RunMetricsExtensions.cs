using Microsoft.ML.Data;
using Mlops.Tracking;

namespace Mlops.MicrosoftML;

/// <summary>Logs results that ML.NET has computed.</summary>
public static class RunMetricsExtensions
{
    /// <summary>Logs all numbers of a result as metrics, such as <c>rmse</c> or <c>auc</c>, and a confusion matrix as a rich value of the key <c>confusion</c>.</summary>
    /// <remarks>
    /// Where no row had a score, as of a regression that diverged, ML.NET says that errors and R² are 0; they are logged as NaN. A
    /// confusion matrix that cannot be logged is noted in the tag <c>mlnet.warnings.confusion</c>, with <c>part</c> before the key.
    /// </remarks>
    /// <param name="run">The run.</param>
    /// <param name="metrics">What <c>Evaluate</c> returned.</param>
    /// <param name="part">Which data it was, such as <c>test</c>: put before each key, with an underscore. Nothing if null.</param>
    /// <param name="step">The step; 0 if there is none.</param>
    /// <param name="cancellationToken">Cancels; numbers stay logged.</param>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    public static Task LogMetricsAsync(
        this ActiveRun run, RegressionMetrics metrics, string? part = null, long step = 0, CancellationToken cancellationToken = default) =>
        LogAsync(run, metrics, part, step, cancellationToken);

    /// <inheritdoc cref="LogMetricsAsync(ActiveRun, RegressionMetrics, string?, long, CancellationToken)"/>
    public static Task LogMetricsAsync(
        this ActiveRun run, BinaryClassificationMetrics metrics, string? part = null, long step = 0, CancellationToken cancellationToken = default) =>
        LogAsync(run, metrics, part, step, cancellationToken);

    /// <inheritdoc cref="LogMetricsAsync(ActiveRun, RegressionMetrics, string?, long, CancellationToken)"/>
    public static Task LogMetricsAsync(
        this ActiveRun run, MulticlassClassificationMetrics metrics, string? part = null, long step = 0, CancellationToken cancellationToken = default) =>
        LogAsync(run, metrics, part, step, cancellationToken);

    /// <inheritdoc cref="LogMetricsAsync(ActiveRun, RegressionMetrics, string?, long, CancellationToken)"/>
    public static Task LogMetricsAsync(
        this ActiveRun run, RankingMetrics metrics, string? part = null, long step = 0, CancellationToken cancellationToken = default) =>
        LogAsync(run, metrics, part, step, cancellationToken);

    /// <inheritdoc cref="LogMetricsAsync(ActiveRun, RegressionMetrics, string?, long, CancellationToken)"/>
    public static Task LogMetricsAsync(
        this ActiveRun run, ClusteringMetrics metrics, string? part = null, long step = 0, CancellationToken cancellationToken = default) =>
        LogAsync(run, metrics, part, step, cancellationToken);

    /// <inheritdoc cref="LogMetricsAsync(ActiveRun, RegressionMetrics, string?, long, CancellationToken)"/>
    public static Task LogMetricsAsync(
        this ActiveRun run, AnomalyDetectionMetrics metrics, string? part = null, long step = 0, CancellationToken cancellationToken = default) =>
        LogAsync(run, metrics, part, step, cancellationToken);

    private static Task LogAsync(ActiveRun run, object metrics, string? part, long step, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(metrics);
        return new MetricLog(run, part, step).LogAsync(metrics, null, cancellationToken);
    }
}

using System.Globalization;
using Mlops.Metadata;
using Mlops.Tracking;

namespace Mlops.MicrosoftML;

/// <summary>Puts results on a run: where they go, and under which keys.</summary>
internal sealed class MetricLog(ActiveRun run, string? part, long step)
{
    public async Task LogAsync(object metrics, IReadOnlyList<string>? classes, CancellationToken cancellationToken)
    {
        run.LogMetrics(MetricNumbers.Of(metrics).Select(m => new KeyValuePair<string, double>(Key(m.Key), m.Value)), step);
        if (MetricNumbers.Confusion(metrics, classes) is { } matrix)
            await LogAsync("confusion", () => matrix, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes and logs what comes beside the numbers, or notes why it cannot be: a result that is there is not lost for it.</summary>
    public async Task LogAsync(string key, Func<RichValue> make, CancellationToken cancellationToken)
    {
        try
        {
            var value = await Task.Run(make, cancellationToken).ConfigureAwait(false);
            await run.LogAsync(Key(key), value, step, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // too large, a full disk, a store that is away: the caller gets the metrics all the same
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            var tag = EntityText.Cut($"{TrainingReport.Warnings}.{Key(key)}", EntityText.MaxKeyLength - 1);
            run.SetTag(tag, EntityText.Cut($"{e.GetType().Name}: {Redactor.Redact(e.Message)}", TrainingReport.MaxTag));
        }
    }

    /// <summary>Mean and standard deviation (n − 1) of the folds; one fold has no deviation.</summary>
    public void LogFolds(IEnumerable<KeyValuePair<string, double>> folds)
    {
        foreach (var metric in folds.GroupBy(m => m.Key, m => m.Value, StringComparer.Ordinal))
        {
            var values = metric.ToList();
            var mean = values.Average();
            run.LogMetric(Key(metric.Key + "_mean"), mean, step);
            if (values.Count > 1)
                run.LogMetric(Key(metric.Key + "_std"), Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1)), step);
        }
    }

    public static string FoldName(int fold) => string.Create(CultureInfo.InvariantCulture, $"fold {fold}");

    private string Key(string name) => string.IsNullOrEmpty(part) ? name : $"{part}_{name}";
}

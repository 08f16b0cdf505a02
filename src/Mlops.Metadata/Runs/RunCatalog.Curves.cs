using System.Runtime.CompilerServices;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <content>Curves. A fork's are made of parts: what the runs it goes back to have up to the step of the fork, then its own.</content>
public sealed partial class RunCatalog
{
    /// <summary>
    /// All points of a metric, by step, then time, then order of arrival; empty if the run has none. A fork's begin with those of
    /// its source up to the step of the fork. They are held in memory at 32 bytes each; for a chart of a long curve use
    /// <see cref="SampleMetricAsync"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task<IReadOnlyList<MetricPoint>> ReadMetricAsync(RunId run, string key, CancellationToken cancellationToken = default)
    {
        List<MetricPoint> points = [];
        await foreach (var chunk in StreamMetricAsync(run, key, SeriesRange.All, cancellationToken).ConfigureAwait(false))
            AddTo(points, chunk);

        // a stable sort keeps the order of arrival among equals
        return [.. points.OrderBy(p => p.Step).ThenBy(p => p.Time)];
    }

    /// <summary>
    /// A metric in at most <paramref name="buckets"/> pieces, each with its extremes at their exact steps. Where a fork logged
    /// steps again that it shares with its source, pieces of both overlap.
    /// </summary>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task<IReadOnlyList<SeriesBucket>> SampleMetricAsync(
        RunId run, string key, int buckets = 1000, CancellationToken cancellationToken = default)
    {
        var name = RunRecord.MetricSeries(key);
        var parts = await ListPartsAsync(run, name, cancellationToken).ConfigureAwait(false);
        if (parts.Count > 1)
        {
            var series = await _store.ListSeriesAsync([.. parts.Select(p => p.Owner)], cancellationToken).ConfigureAwait(false);
            var spans = series.Where(s => s.Name == name).ToDictionary(s => s.Owner, s => s.Summary);
            parts.RemoveAll(p => !spans.TryGetValue(p.Owner, out var s) || s.FirstStep > p.Range.LastStep);
            if (parts.Count > 1 && buckets > 0)
                return await SamplePartsAsync(parts, name, spans, buckets, cancellationToken).ConfigureAwait(false);
        }

        return parts.Count == 0
            ? []
            : await _store.DownsampleSeriesAsync(parts[0].Owner, name, parts[0].Range, buckets, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The points of a range as they are stored, a fork's part after that of its source.</summary>
    internal async IAsyncEnumerable<SeriesColumns> StreamMetricAsync(
        RunId run, string key, SeriesRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (owner, part) in await ListPartsAsync(run, RunRecord.MetricSeries(key), cancellationToken).ConfigureAwait(false))
        {
            var within = range with { LastStep = Math.Min(range.LastStep, part.LastStep) };
            if (within.FirstStep > within.LastStep)
                continue;
            await foreach (var chunk in _store.ReadSeriesAsync(owner, RunRecord.MetricSeries(key), within, cancellationToken).ConfigureAwait(false))
                yield return chunk;
        }
    }

    internal static void AddTo(List<MetricPoint> points, SeriesColumns columns)
    {
        for (var i = 0; i < columns.Count; i++)
            points.Add(new MetricPoint(columns.Steps.Span[i], Microseconds.ToTime(columns.Times.Span[i]), columns.Numbers.Span[i]));
    }

    /// <summary>Whose points the curve of a metric consists of: what a process used is not shared.</summary>
    private Task<List<(RecordId Owner, SeriesRange Range)>> ListPartsAsync(RunId run, string series, CancellationToken cancellationToken)
    {
        ThrowIfDefault(run);
        return series.StartsWith(RunRecord.SystemPrefix, StringComparison.Ordinal)
            ? Task.FromResult<List<(RecordId Owner, SeriesRange Range)>>([(run.Value, SeriesRange.All)])
            : ListPartsAsync(run, cancellationToken);
    }

    /// <summary>Whose points a run's curves consist of, the oldest first, and up to which step. A purged source has none.</summary>
    private async Task<List<(RecordId Owner, SeriesRange Range)>> ListPartsAsync(RunId run, CancellationToken cancellationToken)
    {
        ThrowIfDefault(run);
        List<(RecordId Owner, SeriesRange Range)> parts = [];
        RecordId? next = run.Value;
        var last = long.MaxValue;
        while (next is { } owner && parts.All(p => p.Owner != owner))
        {
            parts.Add((owner, new SeriesRange { LastStep = last }));
            var record = await _store.FindRecordAsync(owner, cancellationToken).ConfigureAwait(false);
            next = record?.Find(RunRecord.ForkedFromField)?.AsReference;
            last = Math.Min(last, (long)(record?.Find(RunRecord.ForkStepField)?.AsNumber ?? last));
        }

        parts.Reverse();
        return parts;
    }

    private async Task<IReadOnlyList<SeriesBucket>> SamplePartsAsync(
        List<(RecordId Owner, SeriesRange Range)> parts, string name, Dictionary<RecordId, SeriesSummary> spans, int buckets,
        CancellationToken cancellationToken)
    {
        // each part gets one bucket, and of the others as many as it has of the steps
        var steps = parts.ConvertAll(p => (double)Math.Min(p.Range.LastStep, spans[p.Owner].LastStep) - spans[p.Owner].FirstStep + 1);
        var rest = Math.Max(0, buckets - parts.Count);
        List<SeriesBucket> sampled = [];
        for (var i = 0; i < parts.Count; i++)
        {
            var share = 1 + (int)(rest * (steps[i] / steps.Sum()));
            sampled.AddRange(await _store.DownsampleSeriesAsync(
                parts[i].Owner, name, parts[i].Range, Math.Min(share, 100_000), cancellationToken).ConfigureAwait(false));
        }

        sampled = [.. sampled.OrderBy(b => b.FirstStep)];
        if (sampled.Count <= buckets)
            return sampled;
        return [.. sampled.Chunk((sampled.Count + buckets - 1) / buckets).Select(c => c.Aggregate(Join))];
    }

    private static SeriesBucket Join(SeriesBucket a, SeriesBucket b)
    {
        var min = b.Min < a.Min || double.IsNaN(a.Min) ? b : a;
        var max = b.Max > a.Max || double.IsNaN(a.Max) ? b : a;
        return new SeriesBucket(
            Math.Min(a.FirstStep, b.FirstStep), Math.Max(a.LastStep, b.LastStep), a.Count + b.Count, a.NanCount + b.NanCount,
            min.Min, min.MinStep, max.Max, max.MaxStep, a.Sum + b.Sum);
    }

    private async Task<Run> WithSharedMetricsAsync(Run run, CancellationToken cancellationToken)
    {
        var metrics = new Dictionary<string, SeriesSummary>(StringComparer.Ordinal);
        foreach (var (owner, range) in await ListPartsAsync(run.Id, cancellationToken).ConfigureAwait(false))
        {
            foreach (var series in await _store.ListSeriesAsync([owner], cancellationToken).ConfigureAwait(false))
            {
                if (!series.Name.StartsWith(RunRecord.MetricPrefix, StringComparison.Ordinal)
                    || await SummariseAsync(series, range, cancellationToken).ConfigureAwait(false) is not { } summary)
                {
                    continue;
                }

                var key = series.Name[RunRecord.MetricPrefix.Length..];
                metrics[key] = metrics.TryGetValue(key, out var before) ? SeriesSummary.Merge(before, summary) : summary;
            }
        }

        return run with { Metrics = metrics };
    }

    /// <summary>The summary of the part of a series up to a step, from its statistics and the points at its last step.</summary>
    private async Task<SeriesSummary?> SummariseAsync(SeriesInfo series, SeriesRange range, CancellationToken cancellationToken)
    {
        if (series.Summary.LastStep <= range.LastStep)
            return series.Summary;
        var part = await _store.DownsampleSeriesAsync(series.Owner, series.Name, range, 1, cancellationToken).ConfigureAwait(false);
        if (part is not [var sum])
            return null;
        List<MetricPoint> ends = [];
        var end = new SeriesRange { FirstStep = sum.LastStep, LastStep = sum.LastStep };
        await foreach (var chunk in _store.ReadSeriesAsync(series.Owner, series.Name, end, cancellationToken).ConfigureAwait(false))
            AddTo(ends, chunk);
        var last = ends.OrderBy(p => p.Time).Last();
        return new SeriesSummary
        {
            Count = sum.Count,
            NanCount = sum.NanCount,
            FirstStep = sum.FirstStep,
            LastStep = sum.LastStep,
            LastTime = Microseconds.From(last.Time),
            Last = last.Value,
            Min = sum.Min,
            MinStep = sum.MinStep,
            Max = sum.Max,
            MaxStep = sum.MaxStep,
            Sum = sum.Sum,
        };
    }
}

using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Reads a curve along an axis; a fork's begins with that of its source.</summary>
internal sealed class CurveReader(RunCatalog runs)
{
    public async Task<IReadOnlyList<CurveCell>> ReadAsync(
        Run run, string metric, CurveAxis axis, int cells, CancellationToken cancellationToken)
    {
        if (!run.Metrics.ContainsKey(metric))
            return [];
        if (axis == CurveAxis.Step)
            return await ReadByStepAsync(run, metric, cells, cancellationToken).ConfigureAwait(false);
        var origin = axis == CurveAxis.RelativeTime ? Microseconds.From(run.StartTime) : 0;
        var byTime = new TimeCells(cells);
        await foreach (var points in runs.StreamMetricAsync(run.Id, metric, SeriesRange.All, cancellationToken).ConfigureAwait(false))
        {
            for (var i = 0; i < points.Count; i++)
                byTime.Add(points.Times.Span[i] - origin, points.Numbers.Span[i]);
        }

        return byTime.ToCells();
    }

    private async Task<IReadOnlyList<CurveCell>> ReadByStepAsync(Run run, string metric, int cells, CancellationToken cancellationToken)
    {
        var buckets = await runs.SampleMetricAsync(run.Id, metric, cells, cancellationToken).ConfigureAwait(false);
        var curve = new CurveCell[buckets.Count];
        for (var i = 0; i < curve.Length; i++)
        {
            curve[i] = HidesFinite(buckets[i])
                ? await DecodeAsync(run, metric, buckets[i], cancellationToken).ConfigureAwait(false)
                : CellSum.ToCell(buckets[i]);
        }

        return curve;
    }

    // an infinity stands in the place of the finite extreme, which the statistics then do not know
    private static bool HidesFinite(in SeriesBucket bucket) =>
        (double.IsInfinity(bucket.Min) || double.IsInfinity(bucket.Max)) && bucket.Min != bucket.Max;

    private async Task<CurveCell> DecodeAsync(Run run, string metric, SeriesBucket bucket, CancellationToken cancellationToken)
    {
        var sum = default(CellSum);
        var range = new SeriesRange { FirstStep = bucket.FirstStep, LastStep = bucket.LastStep };
        await foreach (var points in runs.StreamMetricAsync(run.Id, metric, range, cancellationToken).ConfigureAwait(false))
        {
            for (var i = 0; i < points.Count; i++)
                sum.Add(points.Steps.Span[i], points.Numbers.Span[i]);
        }

        return sum.ToCell();
    }
}

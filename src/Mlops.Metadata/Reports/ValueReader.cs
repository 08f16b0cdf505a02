using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Reads values for a report, in which a content that is damaged or lost is told and fails nothing.</summary>
internal sealed class ValueReader(RunCatalog catalog)
{
    /// <summary>The last value: of the highest step the latest.</summary>
    public async Task<(long Step, RichValue? Value, string? Problem)> ReadLastAsync(RunId run, RichSeries series, CancellationToken cancellationToken)
    {
        try
        {
            var last = await ListAsync(run, series, new SeriesRange { FirstStep = series.LastStep }, cancellationToken).ConfigureAwait(false);
            return last.Count == 0
                ? (series.LastStep, null, $"step {series.LastStep}: the value is gone")
                : (last[^1].Step, await catalog.ReadValueAsync(last[^1], cancellationToken).ConfigureAwait(false), null);
        }
        catch (MlopsException e) when (e is NotFoundException or IntegrityException)
        {
            return (series.LastStep, null, $"step {series.LastStep}: {e.Message}");
        }
    }

    /// <summary>The first, the last and those evenly between, by step and time, and how many there are.</summary>
    public async Task<(List<LoggedValue> Picked, int Count)> PickAsync(RunId run, RichSeries series, int most, CancellationToken cancellationToken)
    {
        var all = await ListAsync(run, series, SeriesRange.All, cancellationToken).ConfigureAwait(false);
        return all.Count <= most
            ? (all, all.Count)
            : ([.. Enumerable.Range(1, most).Select(i => i == most ? all[^1] : all[(int)((long)(i - 1) * (all.Count - 1) / (most - 1))])], all.Count);
    }

    public async Task<(RichValue? Value, string? Problem)> ReadAsync(LoggedValue value, CancellationToken cancellationToken)
    {
        try
        {
            return (await catalog.ReadValueAsync(value, cancellationToken).ConfigureAwait(false), null);
        }
        catch (MlopsException e) when (e is NotFoundException or IntegrityException)
        {
            return (null, $"step {value.Step}: {e.Message}");
        }
    }

    private async Task<List<LoggedValue>> ListAsync(RunId run, RichSeries series, SeriesRange range, CancellationToken cancellationToken)
    {
        List<LoggedValue> values = [];
        await foreach (var value in catalog.StreamValuesAsync(run, series.Kind, series.Key, range, cancellationToken).ConfigureAwait(false))
            values.Add(value);

        // a stable sort keeps the order of arrival among equals
        return [.. values.OrderBy(v => v.Step).ThenBy(v => v.Time)];
    }
}

using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>
/// Remembers what a watcher has been given of a run, and finds what is new: by the record's revision, and by the positions of its
/// series. What it remembers changes only once a change is whole, so that after a failure the same is found again.
/// </summary>
internal sealed class RunFollower(IMetadataStore store, RunId id, bool fromStart)
{
    private const int MostPoints = 65_536;
    private static readonly IReadOnlyDictionary<string, string> Empty = new Dictionary<string, string>();
    private readonly RunContextReader _contexts = new(store);
    private Dictionary<string, long>? _positions;
    private Run? _last;
    private long _revision;

    /// <summary>True if there is more than the last change could hold.</summary>
    public bool HasMore { get; private set; }

    /// <summary>True once the run has ended, or was purged, and everything was given.</summary>
    public bool IsOver { get; private set; }

    /// <summary>What is new, or null if nothing is.</summary>
    public async Task<RunChange?> PollAsync(CancellationToken cancellationToken)
    {
        // the record first: whatever stood in the journal before the end of the run is in the store when its end is
        var record = await store.FindRecordAsync(id.Value, cancellationToken).ConfigureAwait(false);
        if (record is null or { IsPurged: true })
        {
            IsOver = true;
            return null;
        }

        var series = (await store.ListSeriesAsync([id.Value], cancellationToken).ConfigureAwait(false))
            .Where(s => s.Type == SeriesType.Number && s.Name.StartsWith(RunRecord.MetricPrefix, StringComparison.Ordinal))
            .ToList();
        var run = await _contexts.WithContextAsync(RunRecord.Read(record, series), cancellationToken).ConfigureAwait(false);
        var isFirst = _last is null;
        var before = _last ?? (fromStart ? run with { Params = Empty, Tags = Empty } : run);
        var positions = new Dictionary<string, long>(
            _positions ?? (fromStart ? [] : series.ToDictionary(s => s.Name, s => s.Position)), StringComparer.Ordinal);
        var points = new Dictionary<string, IReadOnlyList<MetricPoint>>(StringComparer.Ordinal);
        var hasMore = await ReadAsync(series, positions, points, cancellationToken).ConfigureAwait(false);

        var isNew = isFirst || record.Revision != _revision || points.Count > 0;
        (_last, _positions, _revision, HasMore) = (run, positions, record.Revision, hasMore);
        IsOver = !hasMore && run.Status is RunStatus.Finished or RunStatus.Failed or RunStatus.Killed;
        return isNew ? new RunChange(run, NewParams(before, run), NewTags(before, run), points) : null;
    }

    private async Task<bool> ReadAsync(
        List<SeriesInfo> series, Dictionary<string, long> positions, Dictionary<string, IReadOnlyList<MetricPoint>> points,
        CancellationToken cancellationToken)
    {
        var count = 0;
        foreach (var one in series)
        {
            var position = positions.GetValueOrDefault(one.Name);
            if (one.Position <= position)
                continue;
            if (count >= MostPoints)
                return true;
            List<MetricPoint> added = [];
            var range = new SeriesRange { AfterPosition = position };
            await foreach (var chunk in store.ReadSeriesAsync(id.Value, one.Name, range, cancellationToken).ConfigureAwait(false))
            {
                RunCatalog.AddTo(added, chunk);
                if (count + added.Count >= MostPoints)
                    break;
            }

            count += added.Count;
            positions[one.Name] = position + added.Count;
            points[one.Name[RunRecord.MetricPrefix.Length..]] = added;
            if (positions[one.Name] < one.Position)
                return true;
        }

        return false;
    }

    private static Dictionary<string, string> NewParams(Run before, Run now) =>
        now.Params.Where(p => !before.Params.ContainsKey(p.Key)).ToDictionary(StringComparer.Ordinal);

    private static Dictionary<string, string?> NewTags(Run before, Run now)
    {
        var tags = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (key, value) in now.Tags)
        {
            if (!before.Tags.TryGetValue(key, out var old) || old != value)
                tags[key] = value;
        }

        foreach (var key in before.Tags.Keys)
        {
            if (!now.Tags.ContainsKey(key))
                tags[key] = null;
        }

        return tags;
    }
}

namespace Mlops.Storage;

/// <summary>Appends to the series of the target what those of the source have beyond it, then compares their summaries.</summary>
internal sealed class SeriesCopy(IMetadataStore from, IMetadataStore to, RecordCopy records, ContentCopy content, CopyState state)
{
    private const int OwnersTogether = 500;
    private const int PointsTogether = 500_000;

    private readonly List<SeriesAppend> _waiting = [];
    private int _points;

    /// <summary>Copies the points of all records whose kind came from the source.</summary>
    public async Task CopyAllAsync(CancellationToken cancellationToken)
    {
        foreach (var kind in state.Mark.Kinds.ToList())
        {
            for (var query = new RecordQuery { Kind = kind, Limit = OwnersTogether }; ;)
            {
                var page = await from.QueryAsync(query, cancellationToken).ConfigureAwait(false);
                await CopyAsync([.. page.Records.Select(r => r.Id)], cancellationToken).ConfigureAwait(false);
                if (page.Next is null)
                    break;
                query = query with { Cursor = page.Next };
            }
        }
    }

    /// <summary>Copies the points of these records of the source.</summary>
    public async Task CopyAsync(IReadOnlyList<RecordId> owners, CancellationToken cancellationToken)
    {
        var wanted = await from.ListSeriesAsync(owners, cancellationToken).ConfigureAwait(false);
        if (wanted.Count == 0)
            return;
        Dictionary<RecordId, RecordId> targets = [];
        foreach (var owner in wanted.Select(s => s.Owner).Distinct())
            targets[owner] = await records.TargetOfAsync(owner, cancellationToken).ConfigureAwait(false);
        var present = await PresentAsync(targets.Values, cancellationToken).ConfigureAwait(false);
        List<SeriesInfo> grown = [];
        Dictionary<RecordId, bool> takesPoints = [];
        foreach (var series in wanted)
        {
            var target = targets[series.Owner];
            var has = present.GetValueOrDefault((target, series.Name));
            if ((has?.Position ?? 0) >= series.Position || (has is not null && has.Type != series.Type))
            {
                Compare(series, has);
                continue;
            }

            // one that began after the records were copied comes with the next copy; one that the target purged stays gone
            if (!takesPoints.TryGetValue(target, out var takes))
                takesPoints[target] = takes = await to.FindRecordAsync(target, cancellationToken).ConfigureAwait(false) is { IsPurged: false };
            if (!takes)
                continue;
            grown.Add(series);
            var range = SeriesRange.All with { AfterPosition = has?.Position ?? 0 };
            await foreach (var points in from.ReadSeriesAsync(series.Owner, series.Name, range, cancellationToken).ConfigureAwait(false))
                await AddAsync(new SeriesAppend(target, series.Name, points), cancellationToken).ConfigureAwait(false);
        }

        await WriteAsync(cancellationToken).ConfigureAwait(false);
        if (grown.Count == 0)
            return;

        // the source may have grown while it was read
        var names = grown.Select(s => (s.Owner, s.Name)).ToHashSet();
        var owned = names.Select(n => n.Owner).Distinct().ToList();
        present = await PresentAsync(owned.Select(o => targets[o]), cancellationToken).ConfigureAwait(false);
        foreach (var series in await from.ListSeriesAsync(owned, cancellationToken).ConfigureAwait(false))
        {
            if (names.Contains((series.Owner, series.Name)))
                Compare(series, present.GetValueOrDefault((targets[series.Owner], series.Name)));
        }
    }

    private async Task<Dictionary<(RecordId, string), SeriesInfo>> PresentAsync(IEnumerable<RecordId> owners, CancellationToken cancellationToken) =>
        (await to.ListSeriesAsync([.. owners], cancellationToken).ConfigureAwait(false)).ToDictionary(s => (s.Owner, s.Name));

    private async Task AddAsync(SeriesAppend append, CancellationToken cancellationToken)
    {
        foreach (var digest in append.Points.Digests.ToArray())
            await content.CopyAsync(digest, $"series '{append.Name}' of {append.Owner}", cancellationToken).ConfigureAwait(false);
        _waiting.Add(append);
        _points += append.Points.Count;
        if (_points >= PointsTogether)
            await WriteAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (_waiting.Count == 0)
            return;
        await state.CommitAsync([.. _waiting], cancellationToken).ConfigureAwait(false);
        _waiting.Clear();
        _points = 0;
    }

    // sums are added up in other portions, so they may differ by rounding; what the source has beyond the target is newer
    private void Compare(SeriesInfo source, SeriesInfo? target)
    {
        if (target?.Type != source.Type || target.Position > source.Position
            || (target.Position == source.Position && target.Summary with { Sum = 0 } != source.Summary with { Sum = 0 }))
        {
            state.Differences.Add($"Series '{source.Name}' of record {source.Owner}: the target has {target?.Position ?? 0} other points.");
        }
    }
}

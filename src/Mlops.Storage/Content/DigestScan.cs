namespace Mlops.Storage;

/// <summary>Finds all content that a metadata store names: the digest fields of its records and its digest series.</summary>
public static class DigestScan
{
    private const int EntriesTogether = 1000;

    /// <summary>Reads every record once; for a check, not for every day.</summary>
    /// <exception cref="IntegrityException">A series of digests is damaged.</exception>
    public static Task<IReadOnlySet<Digest>> ReadAsync(IMetadataStore store, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return ReadAsync(store, () => Task.CompletedTask, cancellationToken);
    }

    /// <summary>Calls back now and then.</summary>
    internal static async Task<IReadOnlySet<Digest>> ReadAsync(IMetadataStore store, Func<Task> onTheWay, CancellationToken cancellationToken)
    {
        HashSet<Digest> digests = [];
        HashSet<RecordId> seen = [];
        for (long position = 0; ;)
        {
            var entries = await store.ReadFeedAsync(position, EntriesTogether, cancellationToken).ConfigureAwait(false);
            if (entries.Count == 0)
                return digests;
            await onTheWay().ConfigureAwait(false);
            position = entries[^1].Position;
            var fresh = entries.Select(e => e.Entry.Record).Where(seen.Add).ToList();
            foreach (var id in fresh)
            {
                if (await store.FindRecordAsync(id, cancellationToken).ConfigureAwait(false) is { } record)
                    digests.UnionWith(record.Fields.Values.SelectMany(f => f).Where(v => v.Type == FieldType.Digest).Select(v => v.AsDigest));
            }

            foreach (var series in await store.ListSeriesAsync(fresh, cancellationToken).ConfigureAwait(false))
            {
                if (series.Type != SeriesType.Digest)
                    continue;
                await foreach (var points in store.ReadSeriesAsync(series.Owner, series.Name, SeriesRange.All, cancellationToken).ConfigureAwait(false))
                    digests.UnionWith(points.Digests.ToArray());
            }
        }
    }
}

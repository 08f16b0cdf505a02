namespace Mlops.Storage;

/// <summary>What the roots reach: the contents that records and series name, and their chunks.</summary>
internal sealed class LiveContents
{
    private readonly IReadOnlySet<Digest> _named;

    // a quarter of each digest: two that agree in it only keep a piece of garbage, and millions take little memory
    private readonly HashSet<ulong> _chunks = [];

    private LiveContents(IReadOnlySet<Digest> named) => _named = named;

    public long Contents => _named.Count;

    public long Chunks => _chunks.Count;

    /// <summary>Reads everything, and calls back now and then.</summary>
    public static async Task<LiveContents> MarkAsync(PackedContents contents, Func<Task> onTheWay, CancellationToken cancellationToken)
    {
        var live = new LiveContents(await DigestScan.ReadAsync(contents.Index.Store, onTheWay, cancellationToken).ConfigureAwait(false));
        await foreach (var part in contents.Index.ListContentsAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var entry in part)
            {
                if (entry.Entry.Kind != PackEntryKind.Manifest || !live._named.Contains(entry.Entry.Digest))
                    continue;
                await onTheWay().ConfigureAwait(false);

                // a manifest that cannot be read stops the collection: its chunks must not be taken for garbage
                var manifest = await contents.ReadManifestAsync(entry, cancellationToken).ConfigureAwait(false);
                foreach (var chunk in manifest.Chunks)
                    live._chunks.Add(KeyOf(chunk.Digest));
            }
        }

        return live;
    }

    public bool Has(PackEntryKind kind, Digest digest) => kind == PackEntryKind.Chunk ? _chunks.Contains(KeyOf(digest)) : _named.Contains(digest);

    private static ulong KeyOf(Digest digest) => (ulong)(digest.High >> 64);
}

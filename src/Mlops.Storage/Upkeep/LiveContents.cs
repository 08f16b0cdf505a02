namespace Mlops.Storage;

/// <summary>What the roots reach: the contents that records and series name, and their chunks.</summary>
internal sealed class LiveContents
{
    private readonly PackedContents _contents;
    private readonly IReadOnlySet<Digest> _named;

    // a quarter of each digest: two that agree in it only keep a piece of garbage, and millions take little memory
    private readonly HashSet<ulong> _chunks = [];
    private readonly List<Digest> _unread = [];

    private LiveContents(PackedContents contents, IReadOnlySet<Digest> named) => (_contents, _named) = (contents, named);

    public long Contents => _named.Count;

    public long Chunks => _chunks.Count;

    /// <summary>Reads everything but what is damaged, and calls back now and then.</summary>
    public static async Task<LiveContents> MarkAsync(PackedContents contents, Func<Task> onTheWay, CancellationToken cancellationToken)
    {
        var live = new LiveContents(contents, await DigestScan.ReadAsync(contents.Index.Store, onTheWay, cancellationToken).ConfigureAwait(false));
        await foreach (var part in contents.Index.ListContentsAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var entry in part)
            {
                if (entry.Entry.Kind != PackEntryKind.Manifest || !live._named.Contains(entry.Entry.Digest))
                    continue;
                await onTheWay().ConfigureAwait(false);
                try
                {
                    await live.AddAsync(entry, cancellationToken).ConfigureAwait(false);
                }
                catch (IntegrityException)
                {
                    live._unread.Add(entry.Entry.Digest); // it may be there as a whole object too, which repairs it
                }
            }
        }

        return live;
    }

    /// <summary>Reads the lists of chunks that could not be read by the mark, now that whole objects are packed.</summary>
    /// <param name="isForgivenAsync">Says of which contents the list need not be read.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="IntegrityException">One is damaged: its chunks must not be taken for garbage.</exception>
    public async Task AddUnreadAsync(Func<Digest, Task<bool>> isForgivenAsync, CancellationToken cancellationToken)
    {
        foreach (var digest in _unread)
        {
            if (!await isForgivenAsync(digest).ConfigureAwait(false))
                await AddAsync(digest, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the list of chunks of a named content that was packed since.</summary>
    public async Task AddAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (await _contents.FindAsync(digest, cancellationToken).ConfigureAwait(false) is { Entry.Kind: PackEntryKind.Manifest } entry)
            await AddAsync(entry, cancellationToken).ConfigureAwait(false);
    }

    public bool Has(PackEntryKind kind, Digest digest) => kind == PackEntryKind.Chunk ? _chunks.Contains(KeyOf(digest)) : _named.Contains(digest);

    private async Task AddAsync(IndexEntry entry, CancellationToken cancellationToken)
    {
        var manifest = await _contents.ReadManifestAsync(entry, cancellationToken).ConfigureAwait(false);
        foreach (var chunk in manifest.Chunks)
            _chunks.Add(KeyOf(chunk.Digest));
    }

    private static ulong KeyOf(Digest digest) => (ulong)(digest.High >> 64);
}

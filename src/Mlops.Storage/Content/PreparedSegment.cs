namespace Mlops.Storage;

/// <summary>A segment of which each chunk is hashed, looked up and, where it is new, compressed, by a task of its own.</summary>
internal sealed class PreparedSegment : IAsyncDisposable
{
    private readonly ChunkSegment _segment;
    private readonly byte[]?[] _compressed;
    private Dictionary<Digest, IndexEntry> _known = [];

    /// <param name="segment">The segment, given back when this is disposed.</param>
    /// <param name="index">Where chunks are looked up.</param>
    /// <param name="use">The put.</param>
    /// <param name="others">What else reads the segment.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public PreparedSegment(ChunkSegment segment, ContentIndex index, ContentLease.Use use, Task others, CancellationToken cancellationToken)
    {
        _segment = segment;
        _compressed = new byte[segment.Count][];
        Chunks = new ContentInfo[segment.Count];
        Settled = Task.WhenAll(others, Task.Run(() => PrepareAsync(index, use, cancellationToken), cancellationToken));
    }

    /// <summary>Ends once the rest may be used, and the segment may be given back.</summary>
    public Task Settled { get; }

    public ContentInfo[] Chunks { get; }

    public ReadOnlyMemory<byte> this[int chunk] => _segment[chunk];

    /// <summary>Whether the store did not have it when it was looked up.</summary>
    public bool IsNew(int chunk) => !_known.ContainsKey(Chunks[chunk].Digest);

    /// <summary>Null where compressing does not pay.</summary>
    public byte[]? Compressed(int chunk) => _compressed[chunk];

    public async ValueTask DisposeAsync()
    {
        await Settled.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _segment.Dispose();
    }

    private async Task PrepareAsync(ContentIndex index, ContentLease.Use use, CancellationToken cancellationToken)
    {
        for (var i = 0; i < Chunks.Length; i++)
            Chunks[i] = new ContentInfo(Digest.Of(_segment[i].Span), _segment[i].Length);
        _known = await index.FindUsableAsync(PackEntryKind.Chunk, [.. Chunks.Select(c => c.Digest)], use, cancellationToken).ConfigureAwait(false);
        using var zstd = new Zstd();
        for (var i = 0; i < Chunks.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (IsNew(i))
                _compressed[i] = zstd.TryCompress(_segment[i].Span);
        }
    }
}

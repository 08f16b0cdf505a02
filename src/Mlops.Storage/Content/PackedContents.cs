using System.Diagnostics.CodeAnalysis;

namespace Mlops.Storage;

/// <summary>Contents in packs: up to 1 MiB in one piece, larger ones as chunks and a manifest.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Semaphores whose wait handles nobody asks for hold nothing to free.")]
internal sealed class PackedContents
{
    // each takes some 20 MiB of memory while it is cut
    private const int LargeAtOnce = 4;
    private readonly SemaphoreSlim _atHand = new(LargeAtOnce);

    // whoever writes a stream may pause for long, which must not hold up what is at hand
    private readonly SemaphoreSlim _streams = new(LargeAtOnce);
    private readonly SemaphoreSlim _moreAhead = new(ChunkedStream.MoreAhead);
    private readonly PackReader _reader;
    private readonly SmallPuts _small;

    public PackedContents(IObjectStore objects, ContentIndex index)
    {
        Packs = new PackStore(objects);
        Index = index;
        Lease = new ContentLease(index);
        _reader = new PackReader(Packs, index);
        _small = new SmallPuts(Packs, index, Lease);
    }

    public PackStore Packs { get; }

    public ContentIndex Index { get; }

    public ContentLease Lease { get; }

    /// <summary>Begins a read; null if the index is away.</summary>
    public Task<ContentLease.Use?> TryEnterAsync(CancellationToken cancellationToken) => TryEnterAsync(asks: false, cancellationToken);

    /// <summary>False if the index is away.</summary>
    public Task<bool> TryPutSmallAsync(ContentInfo info, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        TryPutAsync(_ => _small.PutAsync(info, content, cancellationToken), cancellationToken);

    /// <summary>Null if the index is away.</summary>
    /// <param name="open">Gives the content from its start, each time.</param>
    /// <param name="progress">Told the bytes stored so far.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<ContentInfo?> TryPutLargeAsync(Func<Stream> open, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        await _atHand.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ContentInfo? info = null;
            var isDone = await TryPutAsync(async use => info = await PutLargeAsync(open(), use, progress, cancellationToken).ConfigureAwait(false), cancellationToken)
                .ConfigureAwait(false);
            return isDone ? info : null;
        }
        finally
        {
            _atHand.Release();
        }
    }

    /// <summary>
    /// Stores a stream that can be read only once; null if the index is away, or if as many are being stored as may be at once: then
    /// nothing was read, and whoever writes the stream must not be made to wait.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The index was away since, or the lease was lost; or it is the objects that are away.</exception>
    public async Task<ContentInfo?> TryPutOnceAsync(Stream content, CancellationToken cancellationToken)
    {
        if (!await _streams.WaitAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false))
            return null;
        try
        {
            using var use = await TryBeginPutAsync(asks: true, cancellationToken).ConfigureAwait(false);
            return use is null ? null : await PutLargeAsync(content, use, progress: null, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _streams.Release();
        }
    }

    /// <summary>Stores a stream of known length that checks itself.</summary>
    /// <exception cref="StorageUnavailableException">The index or the objects are away or full.</exception>
    public async Task<ContentInfo> PutAsync(Stream content, CancellationToken cancellationToken)
    {
        using var use = await Lease.EnterAsync(asks: false, cancellationToken).ConfigureAwait(false);
        if (content.Length > ContentStore.MostInMemory)
            return await PutLargeAsync(content, use, progress: null, cancellationToken).ConfigureAwait(false);
        var bytes = new byte[content.Length];
        await content.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);

        // an empty one is checked only once it is asked for more than there should be
        _ = await content.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false);
        var info = new ContentInfo(Digest.Of(bytes), bytes.Length);
        await _small.PutAsync(info, bytes, cancellationToken).ConfigureAwait(false);
        return info;
    }

    public Task<IndexEntry?> FindAsync(Digest digest, CancellationToken cancellationToken) => Index.FindContentAsync(digest, cancellationToken);

    /// <summary>Whether a content is there and not condemned, with all its chunks: a list of chunks can come back with its pack when the index is made anew.</summary>
    public async Task<bool> IsKeptAsync(Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            if (await FindAsync(digest, cancellationToken).ConfigureAwait(false) is not { IsDamaged: false, Condemned: null } entry)
                return false;
            if (entry.Entry.Kind != PackEntryKind.Manifest)
                return true;
            var manifest = await ReadManifestAsync(entry, cancellationToken).ConfigureAwait(false);
            var chunks = manifest.Chunks.Select(c => c.Digest).ToHashSet();
            var found = await Index.FindAsync(PackEntryKind.Chunk, chunks, cancellationToken).ConfigureAwait(false);
            return found.Count == chunks.Count && found.Values.All(e => e is { IsDamaged: false, Condemned: null });
        }
        catch (Exception e) when (e is IntegrityException or NotFoundException)
        {
            return false;
        }
    }

    /// <summary>Whether a content is there and its bytes are right; those that are not, a put replaces from now on.</summary>
    public async Task<bool> IsSoundAsync(Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            if (await FindAsync(digest, cancellationToken).ConfigureAwait(false) is not { IsDamaged: false } entry)
                return false;
            var stream = await OpenReadAsync(entry, cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
                await stream.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is IntegrityException or NotFoundException)
        {
            return false;
        }
    }

    public async Task<Stream> OpenReadAsync(IndexEntry entry, CancellationToken cancellationToken)
    {
        var content = new ContentInfo(entry.Entry.Digest, entry.Entry.ContentBytes);
        if (entry.Entry.Kind != PackEntryKind.Manifest)
            return new MemoryStream(await _reader.ReadAsync(entry, $"content {content.Digest}", cancellationToken).ConfigureAwait(false), writable: false);
        var chunks = await OpenRestAsync(entry, (_, _) => Task.FromResult(false), checksChunks: true, cancellationToken).ConfigureAwait(false);
        return new VerifyingStream(chunks, content, () => new IntegrityException(
            $"Content {content.Digest} in '{Packs.Location}' is damaged: its chunks do not make up its digest; store the content again."));
    }

    /// <summary>Opens a content behind the chunks that the caller has.</summary>
    public async Task<Stream> OpenRestAsync(
        IndexEntry entry, Func<ContentInfo, CancellationToken, Task<bool>> hasAsync, bool checksChunks, CancellationToken cancellationToken)
    {
        // a store that cannot be written can still be read, and is not swept either
        var use = await TryEnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var manifest = await ReadManifestAsync(entry, cancellationToken).ConfigureAwait(false);
            var first = 0;
            while (first < manifest.Chunks.Count && await hasAsync(manifest.Chunks[first], cancellationToken).ConfigureAwait(false))
                first++;
            return new ChunkedStream(manifest, first, checksChunks, entry.Entry.Digest, _reader, Index, _moreAhead, use);
        }
        catch
        {
            use?.Dispose();
            throw;
        }
    }

    /// <exception cref="IntegrityException">It is damaged.</exception>
    public async Task<Manifest> ReadManifestAsync(IndexEntry entry, CancellationToken cancellationToken)
    {
        var content = new ContentInfo(entry.Entry.Digest, entry.Entry.ContentBytes);
        for (var isRetry = false; ; isRetry = true)
        {
            var bytes = await _reader.ReadAsync(entry, $"the list of the chunks of content {content.Digest}", cancellationToken).ConfigureAwait(false);
            try
            {
                return Manifest.Read(bytes, content);
            }
            catch (IntegrityException) when (!isRetry)
            {
                // lines can fail too
            }
            catch (IntegrityException)
            {
                await _reader.MarkDamagedAsync(entry, cancellationToken).ConfigureAwait(false);
                throw;
            }
        }
    }

    private Task<ContentInfo> PutLargeAsync(Stream content, ContentLease.Use use, IProgress<long>? progress, CancellationToken cancellationToken) =>
        new ChunkedPut(Packs, Index, use).PutAsync(content, progress, cancellationToken);

    private async Task<bool> TryPutAsync(Func<ContentLease.Use, Task> put, CancellationToken cancellationToken)
    {
        for (var isRetry = false; ; isRetry = true)
        {
            using var use = await TryBeginPutAsync(asks: false, cancellationToken).ConfigureAwait(false);
            if (use is null)
                return false;
            try
            {
                await put(use).ConfigureAwait(false);
                return true;
            }
            catch (StorageUnavailableException) when (use.IsLost && !isRetry)
            {
                // the machine slept: what was found to be there may be gone, and is looked up anew with another lease
            }
            catch (StorageUnavailableException) when (use.IsLost || Index.Outage.IsKnown)
            {
                return false; // else it is the objects that are away
            }
        }
    }

    private async Task<ContentLease.Use?> TryBeginPutAsync(bool asks, CancellationToken cancellationToken)
    {
        if (!Index.Outage.MayAsk(out var looks))
            return null;
        ContentLease.Use? use = null;
        try
        {
            return use = await TryEnterAsync(asks || looks, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // whoever looked and left in the middle must not keep the others from looking
            if (looks && use is null)
                Index.Outage.Note();
        }
    }

    private async Task<ContentLease.Use?> TryEnterAsync(bool asks, CancellationToken cancellationToken)
    {
        try
        {
            return await Lease.EnterAsync(asks, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageUnavailableException)
        {
            return null;
        }
    }
}

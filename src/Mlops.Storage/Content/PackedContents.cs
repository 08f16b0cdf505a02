namespace Mlops.Storage;

/// <summary>Contents in packs: up to 1 MiB in one piece, larger ones as chunks and a manifest.</summary>
internal sealed class PackedContents
{
    private readonly PackReader _reader;
    private readonly SmallPuts _small;

    public PackedContents(IObjectStore objects, ContentIndex index)
    {
        Packs = new PackStore(objects);
        Index = index;
        Lease = new ContentLease(index);
        _reader = new PackReader(Packs, index);
        _small = new SmallPuts(Packs, index);
    }

    public PackStore Packs { get; }

    public ContentIndex Index { get; }

    public ContentLease Lease { get; }

    /// <summary>Begins a put or a read; null if the index is away.</summary>
    public async Task<ContentLease.Use?> TryEnterAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await Lease.EnterAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (StorageUnavailableException)
        {
            return null;
        }
    }

    /// <summary>False if the index is away.</summary>
    public Task<bool> TryPutSmallAsync(ContentInfo info, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        TryPutAsync(use => _small.PutAsync(info, content, use, cancellationToken), cancellationToken);

    /// <summary>Null if the index is away.</summary>
    public async Task<ContentInfo?> TryPutLargeAsync(Stream content, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        ContentInfo? info = null;
        await TryPutAsync(async use => info = await PutLargeAsync(content, use, progress, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return info;
    }

    /// <summary>Stores a stream of known length that checks itself.</summary>
    /// <exception cref="StorageUnavailableException">The index or the objects are away or full.</exception>
    public async Task<ContentInfo> PutAsync(Stream content, CancellationToken cancellationToken)
    {
        using var use = await Lease.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (content.Length > ContentStore.MostInMemory)
            return await PutLargeAsync(content, use, progress: null, cancellationToken).ConfigureAwait(false);
        var bytes = new byte[content.Length];
        await content.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);

        // an empty one is checked only once it is asked for more than there should be
        _ = await content.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false);
        var info = new ContentInfo(Digest.Of(bytes), bytes.Length);
        await _small.PutAsync(info, bytes, use, cancellationToken).ConfigureAwait(false);
        return info;
    }

    public Task<ContentInfo> PutLargeAsync(Stream content, ContentLease.Use use, IProgress<long>? progress, CancellationToken cancellationToken) =>
        new ChunkedPut(Packs, Index, use).PutAsync(content, progress, cancellationToken);

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
            return new ChunkedStream(manifest, first, checksChunks, entry.Entry.Digest, _reader, Index, use);
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

    private async Task<bool> TryPutAsync(Func<ContentLease.Use, Task> put, CancellationToken cancellationToken)
    {
        using var use = await TryEnterAsync(cancellationToken).ConfigureAwait(false);
        if (use is null)
            return false;
        try
        {
            await put(use).ConfigureAwait(false);
            return true;
        }
        catch (StorageUnavailableException)
        {
            if (await IsIndexThereAsync(cancellationToken).ConfigureAwait(false))
                throw; // it is the objects that are away
            return false;
        }
    }

    /// <summary>Whether the index can be reached, and what failed was something else.</summary>
    private async Task<bool> IsIndexThereAsync(CancellationToken cancellationToken)
    {
        try
        {
            _ = await Index.FindContentAsync(default, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (StorageUnavailableException)
        {
            return false;
        }
    }
}

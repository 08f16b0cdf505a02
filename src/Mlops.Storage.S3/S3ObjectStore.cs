using System.Buffers;
using System.Runtime.CompilerServices;

namespace Mlops.Storage.S3;

/// <summary>
/// Objects in an S3 bucket, of Amazon or of a server that speaks its protocol and knows <c>If-None-Match</c> on puts. A small
/// object is one object of the bucket under its name; one of more than 8 MiB is uploaded in parts to a key below <c>~large/</c>
/// and committed by a marker under its name. An object has at most 83 GB. A complete listing removes what writers left that were
/// interrupted two days ago or earlier. Thread-safe, and safe between processes.
/// </summary>
public sealed class S3ObjectStore : IObjectStore
{
    private const int SmallBytes = 128 * 1024;
    private const int Lookups = 16;
    private readonly string _instance = PutStamp.NewInstance();
    private readonly Bucket _bucket;
    private readonly CommittedNames _names;
    private readonly LargePut _large;
    private readonly TimeProvider _time;
    private readonly int _partBytes;

    /// <summary>Takes a bucket; nothing is sent yet.</summary>
    /// <exception cref="ArgumentException">An option is outside its range, or neither region nor endpoint can be found.</exception>
    public S3ObjectStore(S3ObjectStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Location = options.Location;
        _time = options.Time;
        _partBytes = options.PartBytes;
        _bucket = new Bucket(options);
        _names = new CommittedNames(_bucket);
        _large = new LargePut(_bucket, _names, _instance, options.PartBytes, _time);
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    /// <remarks>Takes up to 32 MiB of memory for a large object, which is sent in four parts at a time.</remarks>
    /// <exception cref="ArgumentException">The content is longer than an object may be; told at once where the stream knows its length.</exception>
    public async Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        cancellationToken.ThrowIfCancellationRequested();
        if (content is MemoryStream memory && memory.Length - memory.Position <= _partBytes && memory.TryGetBuffer(out var bytes))
        {
            // needs no buffer of its own
            var rest = bytes[(int)Math.Min(memory.Position, bytes.Count)..];
            memory.Seek(0, SeekOrigin.End);
            return await PutSmallAsync(name, rest, cancellationToken).ConfigureAwait(false);
        }

        PartSender.ThrowIfTooLong(content, _partBytes);
        var reader = new PieceReader(content);
        var buffer = ArrayPool<byte>.Shared.Rent(SmallBytes);
        try
        {
            var count = await reader.ReadAsync(buffer.AsMemory(0, SmallBytes), cancellationToken).ConfigureAwait(false);
            if (!reader.IsAtEnd)
            {
                var larger = ArrayPool<byte>.Shared.Rent(_partBytes + PartSender.NonceBytes);
                buffer.AsSpan(0, count).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
                count += await reader.ReadAsync(buffer.AsMemory(count, _partBytes - count), cancellationToken).ConfigureAwait(false);
            }

            return reader.IsAtEnd
                ? await PutSmallAsync(name, new ArraySegment<byte>(buffer, 0, count), cancellationToken).ConfigureAwait(false)
                : await _large.PutAsync(name, reader, buffer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="StorageUnavailableException">The bucket cannot be reached, is missing, or refuses.</exception>
    public async Task<ObjectInfo?> FindAsync(ObjectName name, CancellationToken cancellationToken = default) =>
        (await _names.FindAsync(name, cancellationToken).ConfigureAwait(false))?.Info;

    /// <inheritdoc/>
    /// <remarks>A connection that breaks while the stream is read is opened again where it was.</remarks>
    /// <exception cref="StorageUnavailableException">The bucket cannot be reached, is missing, or refuses.</exception>
    public async Task<Stream> OpenReadAsync(
        ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        StoredObject? stored = null;
        if (length != 0)
        {
            // one request for what is stored under its name itself
            var last = length is { } most && most <= long.MaxValue - offset ? offset + most - 1 : (long?)null;
            var response = await _bucket.OpenAsync(name.Value, offset, last, null, cancellationToken).ConfigureAwait(false);
            if (response is not null)
            {
                var head = Head.Of(response);
                stored = StoredObject.Of(name, head)!;
                if (!stored.IsLarge)
                    return new ResumingStream(_bucket, stored.Key, stored.ETag, offset, head.SizeBytes, response);
                response.Dispose();
            }
        }

        stored ??= StoredObject.Of(name, await _bucket.FindAsync(name.Value, cancellationToken).ConfigureAwait(false)) ?? throw NotFound(name);
        var size = stored.Info.SizeBytes;
        if (offset > size)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"The object '{name}' has {size} bytes.");
        var count = Math.Min(length ?? size, size - offset);
        return count == 0
            ? Stream.Null
            : await ResumingStream.OpenAsync(_bucket, stored.Key, stored.ETag, offset, count, cancellationToken).ConfigureAwait(false) ?? throw NotFound(name);
    }

    /// <inheritdoc/>
    /// <exception cref="StorageUnavailableException">The bucket cannot be reached, is missing, or refuses.</exception>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var large = await Leftovers.ReadAsync(_bucket, prefix, cancellationToken).ConfigureAwait(false);
        await foreach (var page in _bucket.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            var found = page.ConvertAll(e => LargeKey.TryParseName(e.Key) is { } name ? new ObjectInfo(name, e.SizeBytes, e.Modified) : null);
            await Parallel.ForEachAsync(
                Enumerable.Range(0, found.Count).Where(i => found[i]?.SizeBytes == Marker.SizeBytes),
                new ParallelOptions { MaxDegreeOfParallelism = Lookups, CancellationToken = cancellationToken },
                async (i, stop) => found[i] = await DescribeAsync(found[i]!, large, stop).ConfigureAwait(false)).ConfigureAwait(false);
            foreach (var one in found)
            {
                if (one is not null)
                    yield return one;
            }
        }

        await large.RemoveAsync(_time.GetUtcNow() - LargePut.Life, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <exception cref="StorageUnavailableException">The bucket cannot be reached, is missing, or refuses.</exception>
    public async Task<bool> DeleteAsync(ObjectName name, CancellationToken cancellationToken = default)
    {
        if (StoredObject.Of(name, await _bucket.FindAsync(name.Value, cancellationToken).ConfigureAwait(false)) is not { } stored)
            return false;
        var isWhole = await _names.IsWholeAsync(stored, cancellationToken).ConfigureAwait(false);
        await _bucket.DeleteAsync(name.Value, cancellationToken).ConfigureAwait(false);
        if (stored.IsLarge)
            await _bucket.DeleteAsync(stored.Key, cancellationToken).ConfigureAwait(false);
        return isWhole;
    }

    private async Task<PutOutcome> PutSmallAsync(ObjectName name, ArraySegment<byte> body, CancellationToken cancellationToken) =>
        await _names.TryAddAsync(name, body, PutStamp.New(_instance), cancellationToken).ConfigureAwait(false) ? PutOutcome.Created : PutOutcome.AlreadyThere;

    private NotFoundException NotFound(ObjectName name) => new($"There is no object '{name}' in '{Location}'.");

    /// <summary>What has the size of a marker may be one.</summary>
    private async Task<ObjectInfo?> DescribeAsync(ObjectInfo listed, Leftovers large, CancellationToken cancellationToken)
    {
        var head = await _bucket.FindAsync(listed.Name.Value, cancellationToken).ConfigureAwait(false);
        var isClaimed = head?.Stamp is { LargeSizeBytes: not null } stamp && large.Claim(stamp.Id);
        return isClaimed
            ? StoredObject.Of(listed.Name, head)!.Info
            : (await _names.FindAsync(listed.Name, cancellationToken).ConfigureAwait(false))?.Info;
    }
}

using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Mlops.Storage.S3;

/// <summary>
/// Puts large objects: parts side by side to a key of their own, then a marker under the name, if that is free. Completing an
/// upload takes no condition on some servers, so the small put of the marker is what of racing writers only one can do. Goes on
/// with an upload that a writer left behind. Two writers may do so with one upload, each thinking the other dead; the random
/// bytes behind the content tell whose parts became the object, and only that one puts the marker.
/// </summary>
internal sealed class LargePut(Bucket bucket, CommittedNames names, string instance, int partBytes, TimeProvider time)
{
    /// <summary>What an interrupted put left is removed when it is that old.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(2);

    // far below the life, for the clocks of others and for what happens between looking at the clock and the marker
    private static readonly TimeSpan LongestPut = Life / 2;
    private static readonly TimeSpan Resumable = LongestPut / 2;

    // if nothing arrived for so long, the writer is taken for dead; clocks may differ by a quarter of an hour
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(30);

    private readonly ConcurrentDictionary<string, bool> _active = new();

    /// <summary>Puts a stream of which the first part was read already.</summary>
    /// <param name="name">The name.</param>
    /// <param name="content">What follows.</param>
    /// <param name="first">A buffer as for <see cref="PartSender.SendAsync"/>.</param>
    /// <param name="cancellationToken">Cancels; what was sent stays for the next attempt.</param>
    public async Task<PutOutcome> PutAsync(ObjectName name, PieceReader content, byte[] first, CancellationToken cancellationToken)
    {
        // before all of it is sent in vain
        if (await names.FindAsync(name, cancellationToken).ConfigureAwait(false) is not null)
            return PutOutcome.AlreadyThere;
        var (id, upload, arrived) = await FindInterruptedAsync(name, cancellationToken).ConfigureAwait(false) ?? Begin();
        try
        {
            upload ??= await bucket.BeginUploadAsync(LargeKey.Of(name, id), cancellationToken).ConfigureAwait(false);
            var sizeBytes = await SendAsync(name, upload, arrived, content, first, cancellationToken).ConfigureAwait(false);
            if (time.GetUtcNow() - upload.Began > LongestPut)
                throw new StorageUnavailableException($"Storing '{name}' took more than {LongestPut.TotalHours} hours; put it again, over a faster line or in smaller objects.");
            if (await names.TryAddAsync(name, Marker.Body(id), new PutStamp(id, sizeBytes), cancellationToken).ConfigureAwait(false))
                return PutOutcome.Created;
            await bucket.DeleteAsync(upload.Key, cancellationToken).ConfigureAwait(false);
            return PutOutcome.AlreadyThere;
        }
        finally
        {
            _active.TryRemove(id, out _);
        }
    }

    private (string Id, Upload? Upload, IReadOnlyList<Part> Arrived) Begin()
    {
        var id = PutStamp.New(instance).Id;
        _active[id] = true;
        return (id, null, []);
    }

    /// <summary>An upload to this name that nobody works on any more; from now on this put does.</summary>
    private async Task<(string Id, Upload? Upload, IReadOnlyList<Part> Arrived)?> FindInterruptedAsync(ObjectName name, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await foreach (var upload in bucket.ListUploadsAsync(LargeKey.Prefix(name), cancellationToken).ConfigureAwait(false))
        {
            if (now - upload.Began > Resumable || LargeKey.TryParse(upload.Key) is not { } key || !_active.TryAdd(key.Id, true))
                continue;
            var isTaken = false;
            try
            {
                var arrived = await bucket.ListPartsAsync(upload, cancellationToken).ConfigureAwait(false);

                // what this instance interrupted need not be silent for long
                isTaken = key.Id.StartsWith(instance, StringComparison.Ordinal)
                    || (arrived.Count > 0 && now - arrived.Max(p => p.Modified) > Silence);
                if (isTaken)
                    return (key.Id, upload, arrived);
            }
            finally
            {
                if (!isTaken)
                    _active.TryRemove(key.Id, out _);
            }
        }

        return null;
    }

    /// <summary>Sends the content and makes sure that it is there as it was sent; gives its size.</summary>
    private async Task<long> SendAsync(
        ObjectName name, Upload upload, IReadOnlyList<Part> arrived, PieceReader content, byte[] first, CancellationToken cancellationToken)
    {
        var nonce = RandomNumberGenerator.GetBytes(PartSender.NonceBytes);
        try
        {
            var (sizeBytes, parts) = await new PartSender(bucket, upload, partBytes, arrived).SendAsync(content, first, nonce, cancellationToken).ConfigureAwait(false);
            await bucket.CompleteUploadAsync(upload, parts, cancellationToken).ConfigureAwait(false);
            return await EndsInAsync(upload.Key, sizeBytes, nonce, cancellationToken).ConfigureAwait(false)

                // a bit that flipped on the way is no other writer
                || await EndsInAsync(upload.Key, sizeBytes, nonce, cancellationToken).ConfigureAwait(false)
                ? sizeBytes
                : throw new StorageUnavailableException($"Another writer went on with the upload of '{name}', because this one was silent for long; put it again.");
        }
        catch (Exception e) when (e is not (StorageUnavailableException or OperationCanceledException))
        {
            // the caller's stream failed, and nobody will go on with this
            await GiveUpAsync(upload).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<bool> EndsInAsync(string key, long sizeBytes, byte[] nonce, CancellationToken cancellationToken)
    {
        var stream = await ResumingStream.OpenAsync(bucket, key, null, sizeBytes, nonce.Length, cancellationToken).ConfigureAwait(false);
        if (stream is null)
            return false;
        await using (stream.ConfigureAwait(false))
        {
            var end = new byte[nonce.Length];
            await stream.ReadExactlyAsync(end, cancellationToken).ConfigureAwait(false);
            return nonce.AsSpan().SequenceEqual(end);
        }
    }

    private async Task GiveUpAsync(Upload upload)
    {
        // the caller's token may be the reason, and the caller waits
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await bucket.AbortUploadAsync(upload, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StorageUnavailableException or OperationCanceledException)
        {
            // nobody sees the parts, and a listing removes them after days
        }
    }
}

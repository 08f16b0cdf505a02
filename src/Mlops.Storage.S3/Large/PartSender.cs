using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Amazon.S3.Model;

namespace Mlops.Storage.S3;

/// <summary>Sends the parts of one upload, four side by side, but not those that arrived before.</summary>
/// <param name="bucket">The bucket.</param>
/// <param name="upload">The upload.</param>
/// <param name="partBytes">The content in each part but the last; the last has less or as much, and the nonce behind it.</param>
/// <param name="arrived">What a writer before sent of it; a part counts if its bytes are those that would be sent.</param>
internal sealed class PartSender(Bucket bucket, Upload upload, int partBytes, IReadOnlyList<Part> arrived)
{
    public const int NonceBytes = 16;
    private const int InFlight = 4;
    private const int MostParts = 10_000;

    /// <exception cref="ArgumentException">The stream knows its length, and it is too long.</exception>
    public static void ThrowIfTooLong(Stream content, int partBytes)
    {
        if (ContentLength.Find(content) is { } rest && rest > (long)MostParts * partBytes)
            throw TooLong(rest, partBytes);
    }

    /// <summary>Sends a stream and the nonce behind it; gives the size of the stream, and the parts.</summary>
    /// <param name="content">What follows the first part.</param>
    /// <param name="first">A buffer that begins with the first part and has room for the nonce behind it; used for others too.</param>
    /// <param name="nonce">What follows the content.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ArgumentException">The stream is too long.</exception>
    public async Task<(long SizeBytes, PartETag[] Parts)> SendAsync(
        PieceReader content, byte[] first, byte[] nonce, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var turns = new SemaphoreSlim(InFlight);
        ConcurrentBag<byte[]> free = [first];
        List<byte[]> rented = [];
        List<Task<PartETag>> sending = [];
        var (sizeBytes, isLast) = (0L, false);
        try
        {
            while (!isLast)
            {
                if (sending.Count == MostParts)
                    throw TooLong(sizeBytes, partBytes, orMore: " or more");
                await turns.WaitAsync(stop.Token).ConfigureAwait(false);
                if (!free.TryTake(out var buffer))
                    rented.Add(buffer = ArrayPool<byte>.Shared.Rent(partBytes + NonceBytes));
                var count = sending.Count == 0 ? partBytes : await content.ReadAsync(buffer.AsMemory(0, partBytes), stop.Token).ConfigureAwait(false);
                sizeBytes += count;
                isLast = content.IsAtEnd;
                if (isLast)
                {
                    nonce.CopyTo(buffer, count);
                    count += nonce.Length;
                }

                // a thread of its own, for the SDK hashes the body before it first waits
                var (number, body) = (sending.Count + 1, new ArraySegment<byte>(buffer, 0, count));
                sending.Add(Task.Run(() => SendPartAsync(number, body), CancellationToken.None));
            }

            return (sizeBytes, await Task.WhenAll(sending).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // a part failed and stopped the others; that is the reason to tell
            await Task.WhenAll(sending).ConfigureAwait(false);
            throw;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(sending.AsEnumerable<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            rented.ForEach(buffer => ArrayPool<byte>.Shared.Return(buffer));
        }

        async Task<PartETag> SendPartAsync(int number, ArraySegment<byte> body)
        {
            try
            {
                var etag = ETagIfArrived(number, body) ?? await bucket.SendPartAsync(upload, number, body, stop.Token).ConfigureAwait(false);
                free.Add(body.Array!);
                turns.Release();
                return new PartETag(number, etag);
            }
            catch
            {
                await stop.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    private static ArgumentException TooLong(long sizeBytes, int partBytes, string orMore = "") =>
        new($"The content has {sizeBytes} bytes{orMore}; an object in S3 has at most {(long)MostParts * partBytes} here. Store it in parts.");

    [SuppressMessage("Security", "CA5351", Justification = "Servers give it as the ETag. Whoever could place a part that collides could place any.")]
    private string? ETagIfArrived(int number, ArraySegment<byte> body) =>
        arrived.FirstOrDefault(p => p.Number == number && p.SizeBytes == body.Count) is { } part
        && part.ETag.Trim('"').Equals(Convert.ToHexString(MD5.HashData(body)), StringComparison.OrdinalIgnoreCase)
            ? part.ETag
            : null;
}

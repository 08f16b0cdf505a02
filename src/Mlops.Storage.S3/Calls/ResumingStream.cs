using System.Buffers;
using Amazon.S3.Model;

namespace Mlops.Storage.S3;

/// <summary>A range of an object, which is opened again where it was when its connection breaks or stalls.</summary>
internal sealed class ResumingStream : ReadOnlyStream
{
    private readonly Bucket _bucket;
    private readonly string _key;
    private readonly string? _etag;
    private readonly long _end;
    private long _at;
    private int _failures;
    private GetObjectResponse? _response;

    /// <summary>Goes on with an answer that begins at <paramref name="at"/>.</summary>
    public ResumingStream(Bucket bucket, string key, string? etag, long at, long length, GetObjectResponse response) =>
        (_bucket, _key, _etag, _at, _end, _response) = (bucket, key, etag, at, at + length, response);

    /// <summary>Opens a range that is not empty; null if there is no such object, or not that much of it.</summary>
    public static async Task<ResumingStream?> OpenAsync(
        Bucket bucket, string key, string? etag, long at, long length, CancellationToken cancellationToken) =>
        await bucket.OpenAsync(key, at, at + length - 1, etag, cancellationToken).ConfigureAwait(false) is { } response
            ? new ResumingStream(bucket, key, etag, at, length, response)
            : null;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = buffer[..(int)Math.Min(buffer.Length, _end - _at)];
        while (wanted.Length > 0)
        {
            try
            {
                _response ??= await _bucket.OpenAsync(_key, _at, _end - 1, _etag, cancellationToken).ConfigureAwait(false)
                    ?? throw new NotFoundException($"'{_key}' was deleted while it was read.");
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                patience.CancelAfter(_bucket.Patience);
                var read = await _response.ResponseStream.ReadAsync(wanted, patience.Token).ConfigureAwait(false);
                if (read == 0)
                    throw new EndOfStreamException("the answer ended early");
                _at += read;
                _failures = 0;
                return read;
            }
            catch (Exception e) when (S3Trouble.IsOne(e) && !cancellationToken.IsCancellationRequested)
            {
                _response?.Dispose();
                _response = null;
                if (++_failures > _bucket.Retries)
                    throw _bucket.Explain(e, _key);
            }
        }

        return 0;
    }

    public override int Read(Span<byte> buffer)
    {
        var copy = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length, 128 * 1024));
        try
        {
            // the SDK has no synchronous calls; whoever reads synchronously waits here
            var read = ReadAsync(copy.AsMemory(0, Math.Min(buffer.Length, copy.Length))).AsTask().GetAwaiter().GetResult();
            copy.AsSpan(0, read).CopyTo(buffer);
            return read;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _response?.Dispose();
        base.Dispose(disposing);
    }
}

using System.Buffers;
using Amazon.S3.Model;

namespace Mlops.Storage.S3;

/// <summary>A range of an object, which is opened again where it was when its connection breaks or stalls.</summary>
internal sealed class ResumingStream : Stream
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

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException("The stream has no length; read it to its end.");

    public override long Position
    {
        get => throw new NotSupportedException("The stream has no position; read it to its end.");
        set => throw new NotSupportedException("The stream is read from the front; open it again.");
    }

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

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        // the SDK has no synchronous calls; whoever reads synchronously waits here
        return ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();
    }

    public override int Read(Span<byte> buffer)
    {
        var copy = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length, 128 * 1024));
        try
        {
            var read = Read(copy, 0, Math.Min(buffer.Length, copy.Length));
            copy.AsSpan(0, read).CopyTo(buffer);
            return read;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    public override long Seek(long offset, SeekOrigin origin) =>
        throw new NotSupportedException("The stream is read from the front; open it again.");

    public override void SetLength(long value) => throw new NotSupportedException("The stream is for reading.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream is for reading.");

    public override void Flush()
    {
        // nothing is ever written
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _response?.Dispose();
        base.Dispose(disposing);
    }
}

using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>
/// Reads a stream, which it owns, and checks it against its digest. The check happens before the last bytes of the expected
/// length are handed out, and again at the end, so that wrong content is never read to a clean end.
/// </summary>
internal sealed class VerifyingStream(Stream inner, ContentInfo expected, Func<Exception> mismatch, IProgress<long>? progress = null)
    : ReadOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _position;
    private bool _verified;

    public override long Length => expected.SizeBytes;

    public override long Position
    {
        get => _position;
        set => base.Position = value;
    }

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        Check(buffer[..read], asked: buffer.Length);
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Check(buffer.Span[..read], buffer.Length);
        return read;
    }

    public override async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Check(ReadOnlySpan<byte> bytes, int asked)
    {
        if (bytes.IsEmpty && asked == 0)
            return;
        _position += bytes.Length;
        if (_position > expected.SizeBytes || (bytes.IsEmpty && _position < expected.SizeBytes))
            throw mismatch();
        _hash.AppendData(bytes);
        if (_position == expected.SizeBytes && !_verified)
        {
            if (Digest.Of(_hash) != expected.Digest)
                throw mismatch();
            _verified = true;
        }

        if (!bytes.IsEmpty)
            progress?.Report(_position);
    }
}

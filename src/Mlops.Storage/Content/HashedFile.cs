using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>Writes to a file, and hashes at the same time what it writes.</summary>
internal sealed class HashedFile(FileStream file, IncrementalHash hash, Action<long> written) : Stream
{
    private const int PieceBytes = 1024 * 1024;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // a piece that was just written is still in the processor's cache when it is hashed
        for (var at = 0; at < buffer.Length; at += PieceBytes)
        {
            var piece = buffer.Slice(at, Math.Min(PieceBytes, buffer.Length - at));
            var hashing = Task.Run(() => hash.AppendData(piece.Span), CancellationToken.None);
            try
            {
                await file.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                await hashing.ConfigureAwait(false);
            }
        }

        written(file.Position);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

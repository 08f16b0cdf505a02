namespace Mlops.Storage;

/// <summary>What all streams have in common that are read once from the front; they implement the two reads below.</summary>
internal abstract class ReadOnlyStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException("The stream has no length; read it to its end.");

    public override long Position
    {
        get => throw new NotSupportedException("The stream has no position; read it to its end.");
        set => throw new NotSupportedException("The stream is read from the front; open it again.");
    }

    public abstract override int Read(Span<byte> buffer);

    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) =>
        throw new NotSupportedException("The stream is read from the front; open it again.");

    public override void SetLength(long value) => throw new NotSupportedException("The stream is for reading.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream is for reading.");

    public override void Flush()
    {
        // nothing is ever written
    }
}

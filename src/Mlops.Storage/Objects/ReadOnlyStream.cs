namespace Mlops.Storage;

/// <summary>
/// What all streams have in common that are read once from the front, such as those of <see cref="IObjectStore.OpenReadAsync"/>; a
/// backend's own implements the two reads below.
/// </summary>
public abstract class ReadOnlyStream : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException("The stream has no length; read it to its end.");

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException("The stream has no position; read it to its end.");
        set => throw new NotSupportedException("The stream is read from the front; open it again.");
    }

    /// <inheritdoc/>
    public abstract override int Read(Span<byte> buffer);

    /// <inheritdoc/>
    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) =>
        throw new NotSupportedException("The stream is read from the front; open it again.");

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("The stream is for reading.");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream is for reading.");

    /// <inheritdoc/>
    public override void Flush()
    {
        // nothing is ever written
    }
}

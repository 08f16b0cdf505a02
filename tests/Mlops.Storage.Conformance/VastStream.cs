namespace Mlops.Storage.Conformance;

/// <summary>A stream that says to be very long, and fails with an <see cref="InvalidTimeZoneException"/> when it is read.</summary>
public sealed class VastStream(long length) : ReadOnlyStream
{
    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long Position
    {
        get => 0;
        set => base.Position = value;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => throw new InvalidTimeZoneException("the stream is read");

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));
}

namespace Mlops.Storage.Conformance;

/// <summary>
/// Bytes that arrive in pieces, like from a network, and can fail on the way with an <see cref="InvalidTimeZoneException"/>,
/// which no store throws by itself.
/// </summary>
/// <param name="content">The bytes.</param>
/// <param name="pieceBytes">The most that one read gives.</param>
/// <param name="failAt">The position from which reading fails; null for never.</param>
/// <param name="atEveryRead">Called with the position before each read.</param>
public sealed class TestStream(byte[] content, int pieceBytes, long? failAt = null, Action<long>? atEveryRead = null)
    : MemoryStream(content, writable: false)
{
    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        // reads into spans come here too
        atEveryRead?.Invoke(Position);
        if (Position >= failAt)
            throw new InvalidTimeZoneException("the stream failed, as the test wants");
        return base.Read(buffer, offset, Math.Min(count, pieceBytes));
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(buffer.Span));
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
}

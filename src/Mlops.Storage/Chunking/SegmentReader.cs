using System.Buffers;

namespace Mlops.Storage;

/// <summary>Reads a stream in segments that end where chunks end. Used by one caller at a time.</summary>
internal sealed class SegmentReader(Stream source, ChunkProfile profile) : IDisposable
{
    private const int SegmentBytes = 1024 * 1024;
    private readonly FastCdc _cutter = new(profile);
    private byte[] _rest = [];
    private int _restLength;
    private bool _isAtEnd;

    /// <summary>The next segment; null at the end.</summary>
    public async ValueTask<ChunkSegment?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_isAtEnd && _restLength == 0)
            return null;
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(SegmentBytes, 2 * profile.Most));
        var segment = new ChunkSegment(buffer);
        try
        {
            _rest.AsSpan(0, _restLength).CopyTo(buffer);
            var filled = _restLength;
            if (!_isAtEnd)
            {
                filled += await source.ReadAtLeastAsync(buffer.AsMemory(filled), buffer.Length - filled, throwOnEndOfStream: false, cancellationToken)
                    .ConfigureAwait(false);
                _isAtEnd = filled < buffer.Length;
            }

            while (filled - segment.Length >= profile.Most || (_isAtEnd && filled > segment.Length))
                segment.Add(_cutter.Cut(buffer.AsSpan(segment.Length, filled - segment.Length)));
            Keep(buffer.AsSpan(segment.Length, filled - segment.Length));
            return segment;
        }
        catch
        {
            segment.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_rest.Length > 0)
            ArrayPool<byte>.Shared.Return(_rest);
        _rest = [];
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        if (_rest.Length == 0 && !rest.IsEmpty)
            _rest = ArrayPool<byte>.Shared.Rent(profile.Most);
        rest.CopyTo(_rest);
        _restLength = rest.Length;
    }
}

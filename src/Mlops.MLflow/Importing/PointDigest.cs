using System.Buffers.Binary;
using System.Security.Cryptography;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>SHA-256 over steps, times and values of a series, in order, each block behind the digest of those before it; every NaN counts as the same.</summary>
internal sealed class PointDigest
{
    private const int PointBytes = 24;
    private readonly byte[] _block = new byte[SHA256.HashSizeInBytes + (PointBytes * 128)];
    private int _filled = SHA256.HashSizeInBytes;

    public long Count { get; private set; }

    public void Add(long step, long time, double value)
    {
        var at = _block.AsSpan(_filled);
        BinaryPrimitives.WriteInt64LittleEndian(at, step);
        BinaryPrimitives.WriteInt64LittleEndian(at[8..], time);
        BinaryPrimitives.WriteDoubleLittleEndian(at[16..], double.IsNaN(value) ? double.NaN : value);
        _filled += PointBytes;
        Count++;
        if (_filled < _block.Length)
            return;
        SHA256.HashData(_block, _block);
        _filled = SHA256.HashSizeInBytes;
    }

    public void Add(SeriesColumns points)
    {
        var steps = points.Steps.Span;
        var times = points.Times.Span;
        var values = points.Numbers.Span;
        for (var i = 0; i < steps.Length; i++)
            Add(steps[i], times[i], values[i]);
    }

    /// <summary>The digest of what was added so far.</summary>
    public Digest Value => Digest.Of(_block.AsSpan(0, _filled));
}

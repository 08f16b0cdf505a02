using System.Buffers.Binary;
using System.Security.Cryptography;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>SHA-256 over steps, times and values of a series, in order; every NaN counts as the same.</summary>
internal sealed class PointDigest : IDisposable
{
    private const int PointBytes = 24;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[PointBytes * 128];
    private int _filled;

    public long Count { get; private set; }

    public void Add(long step, long time, double value)
    {
        var at = _buffer.AsSpan(_filled);
        BinaryPrimitives.WriteInt64LittleEndian(at, step);
        BinaryPrimitives.WriteInt64LittleEndian(at[8..], time);
        BinaryPrimitives.WriteDoubleLittleEndian(at[16..], double.IsNaN(value) ? double.NaN : value);
        _filled += PointBytes;
        Count++;
        if (_filled == _buffer.Length)
            Empty();
    }

    public void Add(SeriesColumns points)
    {
        var steps = points.Steps.Span;
        var times = points.Times.Span;
        var values = points.Numbers.Span;
        for (var i = 0; i < steps.Length; i++)
            Add(steps[i], times[i], values[i]);
    }

    public Digest Take()
    {
        Empty();
        return Digest.Of(_hash);
    }

    public void Dispose() => _hash.Dispose();

    private void Empty()
    {
        _hash.AppendData(_buffer, 0, _filled);
        _filled = 0;
    }
}

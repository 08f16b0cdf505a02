using System.Buffers;

namespace Mlops.Storage;

/// <summary>The steps and numbers of a decoded chunk in borrowed arrays.</summary>
internal sealed class DecodedPoints : IDisposable
{
    private readonly int _count;
    private readonly long[] _steps;
    private readonly double[] _numbers;

    /// <exception cref="IntegrityException">The data is damaged or is not a chunk of this many numbers.</exception>
    public DecodedPoints(ReadOnlySpan<byte> data, int count)
    {
        var chunk = ChunkReader.Open(data);
        if (chunk.Type != SeriesType.Number || chunk.Count != count)
            throw ColumnCodec.Damaged($"holds {chunk.Count} {chunk.Type} values where its statistics tell of {count} numbers");
        _count = count;
        _steps = ArrayPool<long>.Shared.Rent(count);
        _numbers = ArrayPool<double>.Shared.Rent(count);
        var times = ArrayPool<long>.Shared.Rent(count);
        try
        {
            chunk.ReadNumbers(_steps.AsSpan(0, count), times.AsSpan(0, count), _numbers.AsSpan(0, count));
        }
        catch
        {
            Dispose();
            throw;
        }
        finally
        {
            ArrayPool<long>.Shared.Return(times);
        }
    }

    public ReadOnlySpan<long> Steps => _steps.AsSpan(0, _count);

    public ReadOnlySpan<double> Numbers => _numbers.AsSpan(0, _count);

    public void Dispose()
    {
        ArrayPool<long>.Shared.Return(_steps);
        ArrayPool<double>.Shared.Return(_numbers);
    }
}

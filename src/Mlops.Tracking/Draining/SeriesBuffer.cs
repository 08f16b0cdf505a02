using System.Buffers;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>The points of one series that a pass gathered, as columns in rented arrays.</summary>
internal sealed class SeriesBuffer(RecordId owner, string name)
{
    private long[] _steps = [];
    private long[] _times = [];
    private double[] _values = [];

    public RecordId Owner { get; } = owner;

    public int Count { get; private set; }

    /// <summary>True once the store refused the owner for good; its points are then passed over.</summary>
    public bool IsGivenUp { get; set; }

    public void Add(long step, long time, double value)
    {
        if (Count == _steps.Length)
            Grow();
        _steps[Count] = step;
        _times[Count] = time;
        _values[Count] = value;
        Count++;
    }

    public SeriesAppend ToAppend() => new(
        Owner, name, SeriesColumns.OfNumbers(_steps.AsMemory(0, Count), _times.AsMemory(0, Count), _values.AsMemory(0, Count)));

    /// <summary>Forgets the points and gives the arrays back.</summary>
    public void Clear()
    {
        if (_steps.Length > 0)
        {
            ArrayPool<long>.Shared.Return(_steps);
            ArrayPool<long>.Shared.Return(_times);
            ArrayPool<double>.Shared.Return(_values);
        }

        _steps = _times = [];
        _values = [];
        Count = 0;
    }

    private void Grow()
    {
        var length = Math.Max(16, Count * 2);
        Grow(ref _steps, length);
        Grow(ref _times, length);
        Grow(ref _values, _steps.Length);

        // the pool may round differently per type, so the shortest array sets the length that all share
        if (_times.Length != _steps.Length || _values.Length != _steps.Length)
            throw new InvalidOperationException("The array pool gave columns of different lengths.");
    }

    private void Grow<T>(ref T[] column, int length)
    {
        var larger = ArrayPool<T>.Shared.Rent(length);
        column.AsSpan(0, Count).CopyTo(larger);
        if (column.Length > 0)
            ArrayPool<T>.Shared.Return(column);
        column = larger;
    }
}

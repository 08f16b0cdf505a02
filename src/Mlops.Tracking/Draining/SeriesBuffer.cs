using System.Buffers;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>The points of one series that a pass gathered, as columns in rented arrays.</summary>
internal sealed class SeriesBuffer(RecordId owner, string name)
{
    private long[] _steps = [];
    private long[] _times = [];
    private double[] _values = [];
    private List<string>? _texts;
    private int _room;

    public RecordId Owner { get; } = owner;

    public int Count { get; private set; }

    /// <summary>True once the store refused the owner for good; its points are then passed over.</summary>
    public bool IsGivenUp { get; set; }

    /// <summary>Where the segment begins that defined the key last.</summary>
    public long DefinedAt { get; set; }

    public void Add(long step, long time, double value)
    {
        if (Count == _room)
            Grow();
        _steps[Count] = step;
        _times[Count] = time;
        _values[Count] = value;
        Count++;
    }

    /// <summary>Adds a point of a series that has only texts.</summary>
    public void Add(long step, long time, string text)
    {
        Add(step, time, 0);
        (_texts ??= []).Add(text);
    }

    public SeriesAppend ToAppend()
    {
        var steps = _steps.AsMemory(0, Count);
        var times = _times.AsMemory(0, Count);
        return new SeriesAppend(
            Owner, name, _texts is null ? SeriesColumns.OfNumbers(steps, times, _values.AsMemory(0, Count)) : SeriesColumns.OfTexts(steps, times, _texts.ToArray()));
    }

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
        _texts = null;
        Count = _room = 0;
    }

    private void Grow()
    {
        var length = Math.Max(16, Count * 2);
        Grow(ref _steps, length);
        Grow(ref _times, length);
        Grow(ref _values, length);
        _room = Math.Min(_steps.Length, Math.Min(_times.Length, _values.Length));
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

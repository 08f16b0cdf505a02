using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>A cell of a curve while it is being filled.</summary>
internal struct CellSum
{
    private long _first;
    private long _last;
    private long _count;
    private long _nanCount;
    private long _finiteCount;
    private double _sum;
    private double _min;
    private long _minAt;
    private double _max;
    private long _maxAt;
    private long? _positiveAt;
    private long? _negativeAt;

    public void Add(long at, double value)
    {
        Widen(at, at);
        _count++;
        if (double.IsNaN(value))
            _nanCount++;
        else if (value == double.PositiveInfinity)
            _positiveAt = Math.Min(_positiveAt ?? at, at);
        else if (value == double.NegativeInfinity)
            _negativeAt = Math.Min(_negativeAt ?? at, at);
        else
            AddFinite(1, value, value, at, value, at);
    }

    public void Add(in CellSum other)
    {
        if (other._count == 0)
            return;
        Widen(other._first, other._last);
        _count += other._count;
        _nanCount += other._nanCount;
        _positiveAt = Math.Min(_positiveAt ?? long.MaxValue, other._positiveAt ?? long.MaxValue) is var p && p < long.MaxValue ? p : null;
        _negativeAt = Math.Min(_negativeAt ?? long.MaxValue, other._negativeAt ?? long.MaxValue) is var n && n < long.MaxValue ? n : null;
        if (other._finiteCount > 0)
            AddFinite(other._finiteCount, other._sum, other._min, other._minAt, other._max, other._maxAt);
    }

    public readonly bool IsEmpty => _count == 0;

    public readonly CurveCell ToCell()
    {
        var any = _finiteCount > 0;
        return new CurveCell(
            _first, _last, _count, _nanCount, any ? _min : double.NaN, any ? _minAt : _first, any ? _max : double.NaN, any ? _maxAt : _first,
            any ? _sum / _finiteCount : double.NaN, _positiveAt, _negativeAt);
    }

    /// <summary>A bucket of the store, where its extremes are finite or it has no other values than those.</summary>
    public static CurveCell ToCell(in SeriesBucket bucket)
    {
        var any = double.IsFinite(bucket.Min);
        return new CurveCell(
            bucket.FirstStep, bucket.LastStep, bucket.Count, bucket.NanCount,
            any ? bucket.Min : double.NaN, bucket.MinStep, any ? bucket.Max : double.NaN, bucket.MaxStep,
            any ? bucket.Sum / (bucket.Count - bucket.NanCount) : double.NaN,
            bucket.Max == double.PositiveInfinity ? bucket.MaxStep : null,
            bucket.Min == double.NegativeInfinity ? bucket.MinStep : null);
    }

    private void Widen(long first, long last)
    {
        _first = _count == 0 ? first : Math.Min(_first, first);
        _last = _count == 0 ? last : Math.Max(_last, last);
    }

    private void AddFinite(long count, double sum, double min, long minAt, double max, long maxAt)
    {
        if (_finiteCount == 0 || min < _min)
            (_min, _minAt) = (min, minAt);
        if (_finiteCount == 0 || max > _max)
            (_max, _maxAt) = (max, maxAt);
        _finiteCount += count;
        _sum += sum;
    }
}

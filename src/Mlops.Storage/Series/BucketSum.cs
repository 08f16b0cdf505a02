namespace Mlops.Storage;

/// <summary>A bucket while it is being filled.</summary>
internal struct BucketSum
{
    private long _firstStep;
    private long _lastStep;
    private long _count;
    private long _nanCount;
    private double _min;
    private long _minStep;
    private double _max;
    private long _maxStep;
    private double _sum;

    public readonly bool IsEmpty => _count == 0;

    public void Add(in StatisticsBlock block)
    {
        if (_count == 0)
        {
            _firstStep = block.FirstStep;
            _lastStep = block.LastStep;
            _min = _max = double.NaN;
        }
        else
        {
            _firstStep = Math.Min(_firstStep, block.FirstStep);
            _lastStep = Math.Max(_lastStep, block.LastStep);
        }

        _count += block.Count;
        _nanCount += block.NanCount;
        _sum += block.Sum;
        if (block.Min < _min || double.IsNaN(_min))
            (_min, _minStep) = (block.Min, block.MinStep);
        if (block.Max > _max || double.IsNaN(_max))
            (_max, _maxStep) = (block.Max, block.MaxStep);
    }

    public void Add(long step, double value)
    {
        var isNan = double.IsNaN(value);
        Add(new StatisticsBlock(step, step, 1, isNan ? 1 : 0, value, step, value, step, isNan ? 0 : value));
    }

    public readonly SeriesBucket ToBucket()
    {
        var allNan = double.IsNaN(_min);
        return new SeriesBucket(
            _firstStep, _lastStep, _count, _nanCount, _min, allNan ? _firstStep : _minStep, _max, allNan ? _firstStep : _maxStep, _sum);
    }
}

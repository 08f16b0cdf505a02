namespace Mlops.Storage;

/// <summary>
/// Folds the chunks of a number series, in order of arrival, into the buckets of a chart. The buckets divide the steps that the
/// series and the asked range have in common into equal widths. A statistics block that lies in one bucket, or reaches into the
/// next, counts wholly for the bucket of its lowest step; one that spans more buckets or reaches beyond the range is decoded and
/// its points are counted one by one. Extremes are therefore never lost and stand at their exact step, in whatever order the
/// steps arrived. Not thread-safe.
/// </summary>
public sealed class SeriesDownsampler
{
    private readonly BucketGrid _grid;
    private readonly BucketSum[] _sums;

    /// <summary>
    /// Prepares for at most <paramref name="buckets"/> buckets over the part of <paramref name="summary"/> in the range.
    /// </summary>
    /// <param name="summary">The summary of the whole series.</param>
    /// <param name="range">The steps asked for; <see cref="SeriesRange.AfterPosition"/> does not matter to a chart and is ignored.</param>
    /// <param name="buckets">1 to 100,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of buckets is out of its range.</exception>
    public SeriesDownsampler(SeriesSummary summary, SeriesRange range, int buckets)
    {
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(range);
        ArgumentOutOfRangeException.ThrowIfLessThan(buckets, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(buckets, 100_000);
        var first = Math.Max(range.FirstStep, summary.FirstStep);
        var last = Math.Min(range.LastStep, summary.LastStep);
        if (first > last)
        {
            _sums = [];
            return;
        }

        _grid = new BucketGrid(first, last, buckets);
        _sums = new BucketSum[_grid.Count];
    }

    /// <summary>Adds a chunk; <paramref name="readData"/> is called, at most once, only if its statistics do not suffice.</summary>
    /// <exception cref="IntegrityException">The statistics or the data are damaged, or do not belong together.</exception>
    public void Add(ReadOnlySpan<byte> statistics, Func<ReadOnlyMemory<byte>> readData)
    {
        ArgumentNullException.ThrowIfNull(readData);
        var reader = new StatisticsReader(statistics);
        if (_sums.Length == 0)
            return;
        DecodedPoints? points = null;
        try
        {
            for (var start = 0; reader.TryRead(out var block); start += block.Count)
            {
                if (IsOutside(block))
                    continue;
                if (IsWhole(block))
                {
                    _sums[_grid.IndexOf(block.FirstStep)].Add(block);
                    continue;
                }

                points ??= new DecodedPoints(readData().Span, reader.Count);
                AddPoints(points.Steps.Slice(start, block.Count), points.Numbers.Slice(start, block.Count));
            }
        }
        finally
        {
            points?.Dispose();
        }
    }

    /// <summary>Whether <see cref="Add"/> needs the data of a chunk, for backends that must fetch it beforehand.</summary>
    /// <exception cref="IntegrityException">The statistics are damaged.</exception>
    public bool NeedsPoints(ReadOnlySpan<byte> statistics)
    {
        var reader = new StatisticsReader(statistics);
        if (_sums.Length == 0)
            return false;
        while (reader.TryRead(out var block))
        {
            if (!IsOutside(block) && !IsWhole(block))
                return true;
        }

        return false;
    }

    /// <summary>The buckets, without the empty ones, by step.</summary>
    public IReadOnlyList<SeriesBucket> ToBuckets()
    {
        var buckets = new List<SeriesBucket>(_sums.Length);
        foreach (ref readonly var sum in _sums.AsSpan())
        {
            if (!sum.IsEmpty)
                buckets.Add(sum.ToBucket());
        }

        return buckets;
    }

    private bool IsOutside(in StatisticsBlock block) => block.LastStep < _grid.FirstStep || block.FirstStep > _grid.LastStep;

    // counts for one bucket without a look at its points
    private bool IsWhole(in StatisticsBlock block) =>
        block.FirstStep >= _grid.FirstStep && block.LastStep <= _grid.LastStep
        && _grid.IndexOf(block.LastStep) - _grid.IndexOf(block.FirstStep) <= 1;

    private void AddPoints(ReadOnlySpan<long> steps, ReadOnlySpan<double> numbers)
    {
        for (var i = 0; i < steps.Length; i++)
        {
            if (_grid.Contains(steps[i]))
                _sums[_grid.IndexOf(steps[i])].Add(steps[i], numbers[i]);
        }
    }
}

namespace Mlops.Storage;

/// <summary>Works out the summary of a chunk from its columns and the statistics of its blocks.</summary>
internal static class ChunkSummary
{
    /// <summary>Computes the statistics of every block of values.</summary>
    public static int Fill(ReadOnlySpan<double> values, Span<BlockStatistics> blocks)
    {
        var count = 0;
        for (var start = 0; start < values.Length; start += SeriesCodec.BlockPoints)
            blocks[count++] = BlockStatistics.Of(values.Slice(start, Math.Min(SeriesCodec.BlockPoints, values.Length - start)));
        return count;
    }

    /// <summary>The summary of a chunk of numbers.</summary>
    public static SeriesSummary OfNumbers(
        ReadOnlySpan<long> steps, ReadOnlySpan<long> times, ReadOnlySpan<double> values, ReadOnlySpan<BlockStatistics> blocks)
    {
        var last = LastOf(steps, times, out var lowest);
        long nans = 0;
        double min = double.NaN, max = double.NaN, sum = 0;
        int minAt = 0, maxAt = 0;
        for (var b = 0; b < blocks.Length; b++)
        {
            ref readonly var block = ref blocks[b];
            nans += block.NanCount;
            sum += block.Sum;
            if (block.Min < min || double.IsNaN(min))
                (min, minAt) = (block.Min, (b * SeriesCodec.BlockPoints) + block.MinAt);
            if (block.Max > max || double.IsNaN(max))
                (max, maxAt) = (block.Max, (b * SeriesCodec.BlockPoints) + block.MaxAt);
        }

        return new SeriesSummary
        {
            Count = steps.Length,
            NanCount = nans,
            FirstStep = lowest,
            LastStep = steps[last],
            LastTime = times[last],
            Last = values[last],
            Min = min,
            MinStep = double.IsNaN(min) ? 0 : steps[minAt],
            Max = max,
            MaxStep = double.IsNaN(max) ? 0 : steps[maxAt],
            Sum = sum,
        };
    }

    /// <summary>The summary of any columns, at least one point.</summary>
    public static SeriesSummary Of(SeriesColumns points)
    {
        var steps = points.Steps.Span;
        var times = points.Times.Span;
        if (points.Type == SeriesType.Number)
        {
            Span<BlockStatistics> blocks = new BlockStatistics[(points.Count + SeriesCodec.BlockPoints - 1) / SeriesCodec.BlockPoints];
            Fill(points.Numbers.Span, blocks);
            return OfNumbers(steps, times, points.Numbers.Span, blocks);
        }

        var last = LastOf(steps, times, out var lowest);
        return new SeriesSummary { Count = steps.Length, FirstStep = lowest, LastStep = steps[last], LastTime = times[last] };
    }

    private static int LastOf(ReadOnlySpan<long> steps, ReadOnlySpan<long> times, out long lowest)
    {
        var last = 0;
        var highest = lowest = steps[0];
        for (var i = 1; i < steps.Length; i++)
        {
            var step = steps[i];
            if (step < lowest)
                lowest = step;
            if (step >= highest)
            {
                if (step > highest || times[i] >= times[last])
                    last = i;
                highest = step;
            }
        }

        return last;
    }
}

namespace Mlops.Storage;

/// <summary>
/// What a number series amounts to. The minimum and maximum are over all values but NaN (infinities take part) and stand at
/// the step where they were first reached in order of arrival; both are NaN while every value is. The last point is the one
/// with the highest step, then time, then order of arrival. For text and digest series the numbers are NaN.
/// </summary>
public sealed record SeriesSummary
{
    /// <summary>Number of points.</summary>
    public required long Count { get; init; }

    /// <summary>How many of them are NaN.</summary>
    public long NanCount { get; init; }

    /// <summary>Lowest step.</summary>
    public required long FirstStep { get; init; }

    /// <summary>Highest step, which is the step of the last point.</summary>
    public required long LastStep { get; init; }

    /// <summary>Time of the last point, microseconds since 1970 UTC.</summary>
    public required long LastTime { get; init; }

    /// <summary>Value of the last point; may be NaN.</summary>
    public double Last { get; init; } = double.NaN;

    /// <summary>Smallest value.</summary>
    public double Min { get; init; } = double.NaN;

    /// <summary>Step of the smallest value.</summary>
    public long MinStep { get; init; }

    /// <summary>Largest value.</summary>
    public double Max { get; init; } = double.NaN;

    /// <summary>Step of the largest value.</summary>
    public long MaxStep { get; init; }

    /// <summary>Sum of all values but NaN.</summary>
    public double Sum { get; init; }

    /// <summary>
    /// The summary of the points of both, where all of <paramref name="earlier"/> arrived before all of
    /// <paramref name="later"/>. Associative but for the rounding of <see cref="Sum"/>.
    /// </summary>
    public static SeriesSummary Merge(SeriesSummary earlier, SeriesSummary later)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        ArgumentNullException.ThrowIfNull(later);
        var last = (later.LastStep, later.LastTime).CompareTo((earlier.LastStep, earlier.LastTime)) >= 0 ? later : earlier;
        var min = later.Min < earlier.Min || double.IsNaN(earlier.Min) ? later : earlier;
        var max = later.Max > earlier.Max || double.IsNaN(earlier.Max) ? later : earlier;
        return new SeriesSummary
        {
            Count = earlier.Count + later.Count,
            NanCount = earlier.NanCount + later.NanCount,
            FirstStep = Math.Min(earlier.FirstStep, later.FirstStep),
            LastStep = last.LastStep,
            LastTime = last.LastTime,
            Last = last.Last,
            Min = min.Min,
            MinStep = min.MinStep,
            Max = max.Max,
            MaxStep = max.MaxStep,
            Sum = earlier.Sum + later.Sum,
        };
    }
}

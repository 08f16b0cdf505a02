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
}

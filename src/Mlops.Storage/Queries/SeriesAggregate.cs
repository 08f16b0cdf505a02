namespace Mlops.Storage;

/// <summary>Which number of a series' summary is meant.</summary>
public enum SeriesAggregate
{
    /// <summary>The last value.</summary>
    Last = 1,

    /// <summary>The smallest value.</summary>
    Min = 2,

    /// <summary>The largest value.</summary>
    Max = 3,

    /// <summary>The number of points.</summary>
    Count = 4,

    /// <summary>The step of the last value.</summary>
    LastStep = 5,

    /// <summary>The step of the smallest value.</summary>
    MinStep = 6,

    /// <summary>The step of the largest value.</summary>
    MaxStep = 7,
}

namespace Mlops.Metadata;

/// <summary>Which number of a metric is compared.</summary>
public enum MetricValue
{
    /// <summary>The last value, that of the highest step.</summary>
    Last = 1,

    /// <summary>The smallest value.</summary>
    Min = 2,

    /// <summary>The largest value.</summary>
    Max = 3,

    /// <summary>The smallest or the largest value, whichever the goal of the metric asks for.</summary>
    Best = 4,
}

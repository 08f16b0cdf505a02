namespace Mlops.Metadata;

/// <summary>Which way a metric is better.</summary>
public enum MetricGoal
{
    /// <summary>Smaller is better, as for a loss or an error.</summary>
    Minimize = 1,

    /// <summary>Larger is better, as for an accuracy.</summary>
    Maximize = 2,
}

namespace Mlops.Metadata;

/// <summary>Which lines of a log are read; all by default.</summary>
public sealed record LogQuery
{
    /// <summary>Only lines that are at least so serious.</summary>
    public LogLineLevel MinLevel { get; init; }

    /// <summary>Only lines behind this position: that of the last line that was read before.</summary>
    public long AfterPosition { get; init; }

    /// <summary>Only among so many lines at the end; null for all.</summary>
    public long? Last { get; init; }
}

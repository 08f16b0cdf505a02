namespace Mlops.Metadata;

/// <summary>What a report shows.</summary>
public sealed record ReportOptions
{
    /// <summary>The heading; by default the run's name or the number of runs.</summary>
    public string? Title { get; init; }

    /// <summary>How the runs are compared. Curves that it does not name are drawn all the same, unless it names some.</summary>
    public ComparisonOptions Comparison { get; init; } = new();

    /// <summary>The metric that colours the parallel coordinates; by default the first that several runs have. One that no run has is refused.</summary>
    public string? Target { get; init; }
}

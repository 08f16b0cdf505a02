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

    /// <summary>Of how many steps the pictures of one name are shown: the first, the last and evenly between; 12 by default, 0 to 1,000.</summary>
    public int MaxImages { get; init; } = 12;

    /// <summary>
    /// How many histograms of one name are read for the picture of how they change, the first, the last and evenly between; 240 by
    /// default, 1 to 100,000. Those that are read keep every extreme.
    /// </summary>
    public int MaxHistograms { get; init; } = 240;

    /// <summary>
    /// How many bytes of pictures and figures the page may carry, shared evenly by their names; 4 MiB by default. In the page they
    /// are larger, pictures by a third. What does not fit is named and left out.
    /// </summary>
    public long MaxEmbeddedBytes { get; init; } = 4 * 1024 * 1024;
}

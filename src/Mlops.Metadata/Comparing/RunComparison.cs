namespace Mlops.Metadata;

/// <summary>
/// Runs side by side, as they were when they were read. Every list of values is in the order of <see cref="Runs"/>; keys are
/// ordered ordinally, those that differ first.
/// </summary>
public sealed record RunComparison
{
    /// <summary>The runs in the order asked for.</summary>
    public required IReadOnlyList<Run> Runs { get; init; }

    /// <summary>Parameters, differing ones first.</summary>
    public required IReadOnlyList<ComparedText> Params { get; init; }

    /// <summary>Tags but those of the context, differing ones first.</summary>
    public required IReadOnlyList<ComparedText> Tags { get; init; }

    /// <summary>
    /// What else is known of the runs, differing first: their state, times, owner and losses, what they captured, and tags that
    /// begin with <c>context.</c> or <c>mlflow.</c>.
    /// </summary>
    public required IReadOnlyList<ComparedText> Context { get; init; }

    /// <summary>Metrics by key.</summary>
    public required IReadOnlyList<ComparedMetric> Metrics { get; init; }

    /// <summary>The number of each metric that was compared.</summary>
    public required MetricValue Value { get; init; }

    /// <summary>The names of the runs; with the id where several have one name.</summary>
    internal IReadOnlyList<string> Labels => [.. Runs.Select(run => Runs.Count(r => r.Name == run.Name) == 1 ? run.Name : $"{run.Name} ({run.Id})")];

    /// <summary>The curves that were asked for, in that order.</summary>
    public IReadOnlyList<ComparedCurves> Curves { get; init; } = [];
}

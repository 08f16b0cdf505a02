using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Asks for runs.</summary>
public sealed record RunQuery
{
    /// <summary>Only runs of the experiment of this name; null for all.</summary>
    public string? Experiment { get; init; }

    /// <summary>A condition, built from <see cref="RunFilter"/>; null for none.</summary>
    public Filter? Filter { get; init; }

    /// <summary>Includes deleted runs; by default they are left out.</summary>
    public bool IncludeDeleted { get; init; }

    /// <summary>
    /// The order, built from <see cref="RunOrder"/>; ties, and no order at all, are by start time descending (newest first), then by
    /// id descending.
    /// </summary>
    public IReadOnlyList<RecordOrder> OrderBy { get; init; } = [];

    /// <summary>
    /// Which parameters, metrics and tags travel: <c>params.trees</c>, <c>metrics.auc</c>, <c>tags.team</c>, or prefixes such as
    /// <c>metrics.*</c>; null for all. Name, status, times and the other properties of a run always do.
    /// </summary>
    public IReadOnlyList<string>? Select { get; init; }

    /// <summary>How many at most, 1 to 10,000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Where an earlier page of the same query ended; null for the first page.</summary>
    public string? Cursor { get; init; }

    /// <summary>The filter that cursors belong to, where <see cref="Filter"/> depends on the present time.</summary>
    internal Filter? CursorFilter { get; init; }
}

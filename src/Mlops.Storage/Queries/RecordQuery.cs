namespace Mlops.Storage;

/// <summary>Asks for records of one kind. Purged records are never found.</summary>
public sealed record RecordQuery
{
    /// <summary>The kind.</summary>
    public required string Kind { get; init; }

    /// <summary>The condition; null for all.</summary>
    public Filter? Filter { get; init; }

    /// <summary>
    /// The filter that cursors belong to, where <see cref="Filter"/> is made anew for each page, from the present time or from names
    /// that are looked up, and may come out otherwise; null for the filter itself.
    /// </summary>
    public Filter? CursorFilter { get; init; }

    /// <summary>The order; ties, and no order at all, are by id descending (newest first).</summary>
    public IReadOnlyList<RecordOrder> OrderBy { get; init; } = [];

    /// <summary>What of each record travels; a cursor goes on with whatever the next page selects.</summary>
    public RecordProjection Select { get; init; } = new();

    /// <summary>How many at most, 1 to 10,000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Where an earlier page of the same query ended; null for the first page.</summary>
    public string? Cursor { get; init; }
}

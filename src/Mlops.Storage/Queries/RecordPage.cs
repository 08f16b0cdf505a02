namespace Mlops.Storage;

/// <summary>Some records of an answer.</summary>
/// <param name="Records">The records in order.</param>
/// <param name="Next">
/// The cursor of the next page, or null at the end. It holds the sort values of the last record, so paging neither repeats nor
/// skips a record when others are added meanwhile.
/// </param>
public sealed record RecordPage(IReadOnlyList<RecordSnapshot> Records, string? Next)
{
    /// <summary>The series of these records that <see cref="RecordQuery.Select"/> names, in the order of the records, then by name ordinally.</summary>
    public IReadOnlyList<SeriesInfo> Series { get; init; } = [];
}

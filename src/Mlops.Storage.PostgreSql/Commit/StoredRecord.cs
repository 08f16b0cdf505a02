namespace Mlops.Storage.PostgreSql;

/// <summary>A record as a transaction found it.</summary>
internal sealed record StoredRecord(
    RecordId Id, string Kind, string? Key, long Revision, long Created, string? Seal, bool Purged, long Sequence, Digest Head, FieldMarks Marks)
{
    /// <summary>A row of its own for each time that the batches are applied.</summary>
    public RecordRow ToRow() => RecordRow.Stored(0, Id, Kind, Key, Revision, Created, Seal, Purged, Sequence, Head);
}

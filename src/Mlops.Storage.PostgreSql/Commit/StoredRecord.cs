using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>A record as a transaction found it.</summary>
internal sealed record StoredRecord(
    RecordId Id, string Kind, string? Key, long Revision, long Created, string? Seal, bool Purged, long Sequence, Digest Head, FieldMarks Marks)
{
    /// <summary>What <see cref="Read"/> takes, of <c>mlops.records r</c> and the name <c>k</c> of its kind.</summary>
    public const string Columns = "r.id, k.name, r.key, r.revision, r.created, r.sealed, r.purged, r.sequence, r.head, r.marks_1, r.marks_2, r.marks_3";

    public static StoredRecord Read(NpgsqlDataReader row) => new(
        row.Id(0),
        row.GetString(1),
        row.TextOrNull(2),
        row.GetInt64(3),
        row.GetInt64(4),
        row.TextOrNull(5),
        row.GetBoolean(6),
        row.GetInt64(7),
        row.Digest(8),
        FieldMarks.Read(row, 9));

    /// <summary>A row of its own for each time that the batches are applied.</summary>
    public RecordRow ToRow() => RecordRow.Stored(0, Id, Kind, Key, Revision, Created, Seal, Purged, Sequence, Head);
}

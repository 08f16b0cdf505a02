namespace Mlops.Storage.PostgreSql;

/// <summary>Writes records, bodies, fields and conflicts.</summary>
internal static class RecordWrites
{
    private static readonly string[] OwnedTables = ["bodies", "fields", "conflicts", "series", "chunks", "chunk_stats", "tails", "shown_points"];

    /// <summary>Takes away what belongs to purged records; goes before all else.</summary>
    public static void AddPurges(Round round, WriteSet writes)
    {
        if (writes.Purged.Count == 0)
            return;
        foreach (var table in OwnedTables)
            round.Add($"DELETE FROM mlops.{table} WHERE record = ANY($1)", Args.All(writes.Purged));
        round.Add("DELETE FROM mlops.cells WHERE owner = ANY($1)", Args.All(writes.Purged));
        round.Add("UPDATE mlops.log SET salt = NULL WHERE record = ANY($1) AND salt IS NOT NULL", Args.All(writes.Purged));
    }

    public static void Add(Round round, WriteSet writes, NameCache names)
    {
        AddRecords(round, writes, names);
        if (writes.Bodies.Count > 0)
        {
            round.Add(
                "INSERT INTO mlops.bodies (record, entry, body) SELECT * FROM unnest($1, $2, $3) "
                + "ON CONFLICT (record) DO UPDATE SET entry = excluded.entry, body = excluded.body",
                Args.All(writes.Bodies.Keys),
                Args.All(writes.Bodies.Values.Select(b => b.Entry)),
                Args.All(writes.Bodies.Values.Select(b => b.Body)));
        }

        if (writes.Fields.Count > 0)
            AddFields(round, writes, names);
        if (writes.Conflicts.Count > 0)
            AddConflicts(round, writes, names);
    }

    private static void AddRecords(Round round, WriteSet writes, NameCache names)
    {
        // a purge frees its key for those that are new
        var updated = writes.Records.Values.Where(r => !writes.Inserted.Contains(r.Id)).OrderBy(r => r.Id).ToList();
        if (updated.Count > 0)
        {
            round.Add(
                "UPDATE mlops.records r SET revision = n.revision, sealed = n.sealed, sequence = n.sequence, head = n.head, purged = n.purged, "
                + "key = CASE WHEN n.purged THEN NULL ELSE r.key END, key_hash = CASE WHEN n.purged THEN NULL ELSE r.key_hash END, "
                + "marks_1 = n.marks_1, marks_2 = n.marks_2, marks_3 = n.marks_3 "
                + "FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) AS n (id, revision, sealed, sequence, head, purged, marks_1, marks_2, marks_3) WHERE r.id = n.id",
                [
                    Args.All(updated.Select(r => r.Id)),
                    Args.All(updated.Select(r => r.Revision)),
                    Args.All(updated.Select(r => r.Sealed)),
                    Args.All(updated.Select(r => r.Sequence)),
                    Args.All(updated.Select(r => r.Head.ToBytes())),
                    Args.All(updated.Select(r => r.Purged)),
                    .. FieldMarks.All(updated.ConvertAll(r => writes.MarksOf(r.Id))),
                ]);
        }

        var inserted = writes.Records.Values.Where(r => writes.Inserted.Contains(r.Id)).OrderBy(r => r.Id).ToList();
        if (inserted.Count > 0)
        {
            round.Add(
                "INSERT INTO mlops.records (id, kind, key, key_hash, revision, created, sealed, purged, sequence, head, marks_1, marks_2, marks_3) "
                + "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                [
                    Args.All(inserted.Select(r => r.Id)),
                    Args.All(inserted.Select(r => names[r.Kind])),
                    Args.All(inserted.Select(r => r.Key)),
                    Args.All(inserted.Select(r => r.Key is { } key ? KeyHash.Of(key) : null)),
                    Args.All(inserted.Select(r => r.Revision)),
                    Args.All(inserted.Select(r => r.Created)),
                    Args.All(inserted.Select(r => r.Sealed)),
                    Args.All(inserted.Select(r => r.Purged)),
                    Args.All(inserted.Select(r => r.Sequence)),
                    Args.All(inserted.Select(r => r.Head.ToBytes())),
                    .. FieldMarks.All(inserted.ConvertAll(r => writes.MarksOf(r.Id))),
                ]);
        }
    }

    private static void AddFields(Round round, WriteSet writes, NameCache names)
    {
        var fewer = writes.Fields.Where(f => f.Value.Values.Length < f.Value.Stored).ToList();
        if (fewer.Count > 0)
        {
            round.Add(
                "DELETE FROM mlops.fields f USING unnest($1, $2, $3) AS n (record, name, count) WHERE f.record = n.record AND f.name = n.name AND f.ord >= n.count",
                Args.All(fewer.Select(f => f.Key.Record)),
                Args.All(fewer.Select(f => names[f.Key.Name])),
                Args.All(fewer.Select(f => f.Value.Values.Length)));
        }

        var rows = writes.Fields
            .SelectMany(f => f.Value.Values.Select((value, ord) => (f.Key.Record, Name: names[f.Key.Name], Ord: ord, Value: value, f.Value.Entry, IsStored: ord < f.Value.Stored)))
            .ToLookup(r => r.IsStored);
        foreach (var group in rows)
        {
            var list = group.ToList();
            round.Add(
                "INSERT INTO mlops.fields (record, name, ord, type, text, number, whole, bytes, entry) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                + (group.Key
                    ? " ON CONFLICT (record, name, ord) DO UPDATE SET type = excluded.type, text = excluded.text, number = excluded.number, "
                        + "whole = excluded.whole, bytes = excluded.bytes, entry = excluded.entry"
                    : ""),
                Args.All(list.Select(r => r.Record)),
                Args.All(list.Select(r => r.Name)),
                Args.All(list.Select(r => r.Ord)),
                Args.All(list.Select(r => FieldCells.Type(r.Value))),
                Args.All(list.Select(r => FieldCells.Text(r.Value))),
                Args.All(list.Select(r => FieldCells.Number(r.Value))),
                Args.All(list.Select(r => FieldCells.Whole(r.Value))),
                Args.All(list.Select(r => FieldCells.Bytes(r.Value))),
                Args.All(list.Select(r => r.Entry)));
        }
    }

    private static void AddConflicts(Round round, WriteSet writes, NameCache names)
    {
        var list = writes.Conflicts;
        round.Add(
            "INSERT INTO mlops.conflicts (record, conflict, name, kept_type, kept_text, kept_number, kept_whole, kept_bytes, "
            + "refused_type, refused_text, refused_number, refused_whole, refused_bytes) "
            + "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            Args.All(list.Select(c => c.Conflict.Record)),
            Args.All(list.Select(c => c.Number)),
            Args.All(list.Select(c => names[c.Conflict.Field])),
            Args.All(list.Select(c => FieldCells.Type(c.Conflict.Kept))),
            Args.All(list.Select(c => FieldCells.Text(c.Conflict.Kept))),
            Args.All(list.Select(c => FieldCells.Number(c.Conflict.Kept))),
            Args.All(list.Select(c => FieldCells.Whole(c.Conflict.Kept))),
            Args.All(list.Select(c => FieldCells.Bytes(c.Conflict.Kept))),
            Args.All(list.Select(c => FieldCells.Type(c.Conflict.Refused))),
            Args.All(list.Select(c => FieldCells.Text(c.Conflict.Refused))),
            Args.All(list.Select(c => FieldCells.Number(c.Conflict.Refused))),
            Args.All(list.Select(c => FieldCells.Whole(c.Conflict.Refused))),
            Args.All(list.Select(c => FieldCells.Bytes(c.Conflict.Refused))));
    }
}

using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>Loads records as callers see them.</summary>
internal static class RecordReader
{
    private static readonly RecordProjection Whole = new();

    public static async Task<RecordSnapshot?> FindAsync(Database database, NpgsqlConnection connection, RecordId id, CancellationToken cancellationToken)
    {
        var round = Round.OfReading(database, connection);
        Add(round, "$1", () => [Args.All([id])], Whole);
        return (await ReadAsync(round.Commit(), cancellationToken).ConfigureAwait(false)).GetValueOrDefault(id);
    }

    public static async Task<RecordSnapshot?> FindAsync(Database database, NpgsqlConnection connection, RecordKey key, CancellationToken cancellationToken)
    {
        var round = Round.OfReading(database, connection);
        Add(
            round,
            "ARRAY(SELECT o.id FROM mlops.records o WHERE o.kind = (SELECT id FROM mlops.names WHERE name = $1) AND o.key_hash = $2)",
            () => [Args.Of(key.Kind), Args.Of(KeyHash.Of(key.Key))],
            Whole);
        return (await ReadAsync(round.Commit(), cancellationToken).ConfigureAwait(false)).Values.SingleOrDefault();
    }

    /// <summary>Asks for records, and for what a projection names of them but their series.</summary>
    /// <param name="round">The round.</param>
    /// <param name="wanted">An array of the ids.</param>
    /// <param name="parameters">Its parameters; a parameter belongs to one statement only. One, unless all fields are taken.</param>
    /// <param name="select">What is taken.</param>
    public static void Add(Round round, string wanted, Func<NpgsqlParameter[]> parameters, RecordProjection select)
    {
        var (body, bodies) = select.Body ? ("b.body", " LEFT JOIN mlops.bodies b ON b.record = r.id") : ("NULL::bytea", "");
        round.Add(
            $"SELECT r.id, k.name, r.key, r.revision, r.created, r.sealed, r.purged, {body} FROM mlops.records r "
            + $"JOIN mlops.names k ON k.id = r.kind{bodies} WHERE r.id = ANY({wanted})",
            parameters());
        if (select.Fields.Count == 0)
            return;
        var fields = new NameSelection(select.Fields);
        round.Add(
            "SELECT f.record, f.name, n.name, f.type, f.text, f.number, f.whole, f.bytes FROM mlops.fields f "
            + $"JOIN mlops.names n ON n.id = f.name WHERE f.record = ANY({wanted}){fields.Condition} ORDER BY f.record, f.name, f.ord",
            [.. parameters(), .. fields.Parameters()]);
        round.Add(
            "SELECT c.record, n.name, c.kept_type, c.kept_text, c.kept_number, c.kept_whole, c.kept_bytes, "
            + "c.refused_type, c.refused_text, c.refused_number, c.refused_whole, c.refused_bytes "
            + $"FROM mlops.conflicts c JOIN mlops.names n ON n.id = c.name WHERE c.record = ANY({wanted}){fields.Condition} ORDER BY c.record, c.conflict",
            [.. parameters(), .. fields.Parameters()]);
    }

    /// <summary>Reads what <see cref="Add"/> asked for, and goes on to the next result.</summary>
    public static async Task<Dictionary<RecordId, RecordSnapshot>> TakeAsync(NpgsqlDataReader rows, RecordProjection select, CancellationToken cancellationToken)
    {
        Dictionary<RecordId, RecordSnapshot> records = [];
        Dictionary<RecordId, (Dictionary<string, IReadOnlyList<FieldValue>> Fields, List<FieldConflict> Conflicts)> contents = [];
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var id = rows.Id(0);
            var content = contents[id] = (new(StringComparer.Ordinal), []);
            records[id] = new RecordSnapshot(
                id,
                rows.GetString(1),
                rows.TextOrNull(2),
                rows.GetInt64(3),
                Microseconds.ToTime(rows.GetInt64(4)),
                !rows.IsDBNull(5),
                rows.GetBoolean(6),
                rows.BytesOrNull(7) ?? [],
                content.Fields,
                content.Conflicts)
            {
                Seal = Patterns(rows.TextOrNull(5)),
            };
        }

        await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
        if (select.Fields.Count == 0)
            return records;
        await ReadFieldsAsync(rows, (id, name, values) => contents[id].Fields.Add(name, values), cancellationToken).ConfigureAwait(false);
        await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var id = rows.Id(0);
            contents[id].Conflicts.Add(new FieldConflict(id, rows.GetString(1), FieldCells.Read(rows, 2), FieldCells.Read(rows, 7)));
        }

        await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return records;
    }

    /// <summary>The patterns of a seal as it is stored; none while a record is open.</summary>
    public static string[] Patterns(string? seal) => seal?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static Task<Dictionary<RecordId, RecordSnapshot>> ReadAsync(Round round, CancellationToken cancellationToken) =>
        round.ReadAsync(rows => TakeAsync(rows, Whole, cancellationToken), cancellationToken);

    private static async Task ReadFieldsAsync(NpgsqlDataReader rows, Action<RecordId, string, FieldValue[]> add, CancellationToken cancellationToken)
    {
        List<FieldValue> values = [];
        (RecordId Record, long Name, string Text) field = (default, 0, "");
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var (record, name) = (rows.Id(0), rows.GetInt64(1));
            if (values.Count > 0 && (record != field.Record || name != field.Name))
            {
                add(field.Record, field.Text, [.. values]);
                values.Clear();
            }

            if (values.Count == 0)
                field = (record, name, rows.GetString(2));
            values.Add(FieldCells.Read(rows, 3));
        }

        if (values.Count > 0)
            add(field.Record, field.Text, [.. values]);
    }
}

using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>The statements of a <see cref="Prefetched"/>, and how the rows of each are taken.</summary>
internal static class PrefetchStatements
{
    // a commit looks rows up by their keys and does nothing else; plans that were made while a table was small, or before the
    // server counted its rows, would read all of it; and no such statement is worth compiling
    private static readonly string[] NotForLookups = ["jit", "enable_seqscan", "enable_hashjoin", "enable_mergejoin"];

    /// <summary>Adds what begins the transaction, and a statement for each sort of thing that is needed.</summary>
    public static void Add(Round round, BatchNeeds needs, Database database, Prefetched found, List<Action<NpgsqlDataReader>> read)
    {
        // a server that outlives its client must not hold locks for long
        var limit = FormattableString.Invariant($"{database.CommandSeconds * 1000}");
        round.Add("BEGIN ISOLATION LEVEL READ COMMITTED")
            .Add($"SET LOCAL statement_timeout = {limit}")
            .Add($"SET LOCAL idle_in_transaction_session_timeout = {limit}");
        if (!database.IsCockroach)
        {
            foreach (var way in NotForLookups)
                round.Add($"SET LOCAL {way} = off");
        }

        if (needs.Writers.Count > 0)
            AddWriters(round, needs, found, read);
        AddRecords(round, needs, database, found, read);
        AddContents(round, needs, database, found, read);
        if (needs.Series.Count > 0)
            AddSeries(round, needs, database, found, read);
        if (needs.Counters.Count > 0)
        {
            round.Add("SELECT name, last FROM mlops.counters WHERE name = ANY($1) ORDER BY name FOR UPDATE", Args.All(needs.Counters));
            read.Add(row => found.Counters[row.GetString(0)] = row.GetInt64(1));
        }

        if (needs.Cells.Count > 0 || needs.Purged.Count > 0)
            AddCells(round, needs, found, read);
    }

    private static void AddWriters(Round round, BatchNeeds needs, Prefetched found, List<Action<NpgsqlDataReader>> read)
    {
        round.Add("SELECT writer, sequence, result FROM mlops.writers WHERE writer = ANY($1) ORDER BY writer FOR UPDATE", Args.All(needs.Writers));
        read.Add(row => found.Writers[row.Id(0)] = (row.GetInt64(1), row.Bytes(2)));
    }

    private static void AddRecords(Round round, BatchNeeds needs, Database database, Prefetched found, List<Action<NpgsqlDataReader>> read)
    {
        if (needs.Records.Count > 0)
        {
            round.Add(
                $"SELECT {StoredRecord.Columns} FROM mlops.records r JOIN mlops.names k ON k.id = r.kind WHERE r.id = ANY($1) ORDER BY r.id FOR UPDATE OF r",
                Args.All(needs.Records));
            read.Add(row => Take(row, found));
        }

        if (needs.Keys.Count == 0)
            return;
        var keys = needs.Keys.Where(k => StoredText.IsKey(k.Key)).ToList();
        round.Add(
            $"SELECT {StoredRecord.Columns} FROM unnest($1, $2) AS wanted (kind, hash) JOIN mlops.records r ON r.kind = wanted.kind AND r.key_hash = wanted.hash "
            + "JOIN mlops.names k ON k.id = r.kind",
            Args.All(keys.Select(k => database.Names.Find(k.Kind))),
            Args.All(keys.Select(k => KeyHash.Of(k.Key))));
        read.Add(row => Take(row, found));
    }

    private static void Take(NpgsqlDataReader row, Prefetched found)
    {
        var record = StoredRecord.Read(row);

        // of a record that was read twice the first counts, for it is locked
        if (found.Records.TryAdd(record.Id, record) && record.Key is { } key)
            found.Keys[new RecordKey(record.Kind, key)] = record.Id;
    }

    private static void AddContents(Round round, BatchNeeds needs, Database database, Prefetched found, List<Action<NpgsqlDataReader>> read)
    {
        if (needs.Fields.Count > 0)
        {
            // looked up one by one, for a table without statistics may be joined the wrong way round
            var wanted = needs.Fields.ToArray();
            round.Add(
                "SELECT wanted.place, f.type, f.text, f.number, f.whole, f.bytes FROM unnest($1, $2) WITH ORDINALITY AS wanted (record, name, place) "
                + "CROSS JOIN LATERAL (SELECT * FROM mlops.fields v WHERE v.record = wanted.record AND v.name = wanted.name ORDER BY v.ord OFFSET 0) f "
                + "ORDER BY wanted.place, f.ord",
                Args.All(wanted.Select(f => f.Record)),
                Args.All(wanted.Select(f => database.Names[f.Name])));
            read.Add(row =>
            {
                var field = wanted[row.GetInt64(0) - 1];
                var value = FieldCells.Read(row, 1);
                found.Fields[field] = found.Fields.TryGetValue(field, out var before) ? [.. before, value] : [value];
            });
        }

        if (needs.Bodies.Count > 0)
        {
            round.Add("SELECT record, body FROM mlops.bodies WHERE record = ANY($1)", Args.All(needs.Bodies));
            read.Add(row => found.Bodies[row.Id(0)] = row.Bytes(1));
        }

        if (needs.Conflicts.Count > 0)
        {
            round.Add(
                "SELECT c.record, n.name, c.kept_type, c.kept_text, c.kept_number, c.kept_whole, c.kept_bytes, "
                + "c.refused_type, c.refused_text, c.refused_number, c.refused_whole, c.refused_bytes "
                + "FROM mlops.conflicts c JOIN mlops.names n ON n.id = c.name WHERE c.record = ANY($1) ORDER BY c.record, c.conflict",
                Args.All(needs.Conflicts));
            read.Add(row =>
            {
                var id = row.Id(0);
                if (!found.Conflicts.TryGetValue(id, out var conflicts))
                    found.Conflicts.Add(id, conflicts = []);
                conflicts.Add(new FieldConflict(id, row.GetString(1), FieldCells.Read(row, 2), FieldCells.Read(row, 7)));
            });
        }
    }

    private static void AddSeries(Round round, BatchNeeds needs, Database database, Prefetched found, List<Action<NpgsqlDataReader>> read)
    {
        // the rows belong to their record, which is locked
        var wanted = needs.Series.ToArray();
        round.Add(
            $"SELECT wanted.place, {SeriesRow.Columns}, s.data FROM unnest($1, $2) WITH ORDINALITY AS wanted (record, name, place) "
            + "CROSS JOIN LATERAL (SELECT v.*, (SELECT t.data FROM mlops.tails t WHERE t.record = v.record AND t.name = v.name) AS data "
            + "FROM mlops.series v WHERE v.record = wanted.record AND v.name = wanted.name OFFSET 0) s",
            Args.All(wanted.Select(s => s.Owner)),
            Args.All(wanted.Select(s => database.Names[s.Name])));
        read.Add(row => found.Series[wanted[row.GetInt64(0) - 1]] = new StoredSeries(SeriesRow.Read(row, 1), row.BytesOrNull(1 + SeriesRow.Width) ?? []));
    }

    private static void AddCells(Round round, BatchNeeds needs, Prefetched found, List<Action<NpgsqlDataReader>> read)
    {
        round.Add(
            "SELECT key, version, owner, expires FROM mlops.cells WHERE key = ANY($1) OR owner = ANY($2) ORDER BY key FOR UPDATE",
            Args.All(needs.Cells),
            Args.All(needs.Purged));
        read.Add(row => found.Cells[row.GetString(0)] = new StoredCell(row.GetInt64(1), row.IdOrNull(2), row.Int64OrNull(3)));
        if (needs.CellVersions == 0)
            return;
        round.Add("SELECT nextval('mlops.cell_versions') FROM generate_series(1, $1)", Args.Of((long)needs.CellVersions));
        read.Add(row => found.CellVersions.Add(row.GetInt64(0)));
    }
}

namespace Mlops.Storage.PostgreSql;

/// <summary>Writes series, their new chunks and their tails.</summary>
internal static class SeriesWrites
{
    private const string Columns =
        "record, name, type, chunks, count, nan_count, first_step, last_step, last_time, last, min, min_step, max, max_step, sum, marks_1, marks_2, marks_3";

    public static void Add(Round round, IReadOnlyList<GrownSeries> grown, WriteSet writes, NameCache names)
    {
        if (grown.Count > 0)
        {
            AddTailsSetAside(round, grown, names);
            foreach (var group in grown.GroupBy(g => g.Stored is null))
                AddSummaries(round, [.. group], isNew: group.Key, writes, names);
            AddChunks(round, grown, names);
            AddTails(round, grown, names);
        }

        AddMarks(round, writes);
    }

    /// <summary>Makes chunks of tails that are damaged, as they are; the row of the series still counts the chunks before.</summary>
    private static void AddTailsSetAside(Round round, IReadOnlyList<GrownSeries> grown, NameCache names)
    {
        const string Damaged =
            "FROM unnest($1, $2) AS n (record, name) JOIN mlops.series s ON s.record = n.record AND s.name = n.name "
            + "JOIN mlops.tails t ON t.record = s.record AND t.name = s.name";
        var aside = grown.Where(g => g.Growth.SetsTailAside).ToList();
        if (aside.Count == 0)
            return;
        Add($"INSERT INTO mlops.chunks (record, name, chunk, data) SELECT s.record, s.name, s.chunks, t.data {Damaged}");
        Add("INSERT INTO mlops.chunk_stats (record, name, chunk, position, count, first_step, last_step, stats) "
            + $"SELECT s.record, s.name, s.chunks, s.count - t.count, t.count, t.first_step, t.last_step, t.stats {Damaged}");

        void Add(string sql) => round.Add(sql, Args.All(aside.Select(g => g.Owner)), Args.All(aside.Select(g => names[g.Name])));
    }

    private static void AddSummaries(Round round, List<GrownSeries> list, bool isNew, WriteSet writes, NameCache names)
    {
        // whoever makes the same series at the same time holds its record, so this one does not insert it
        var sql = isNew
            ? $"INSERT INTO mlops.series ({Columns}) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
            : "UPDATE mlops.series s SET chunks = n.chunks, count = n.count, nan_count = n.nan_count, first_step = n.first_step, "
                + "last_step = n.last_step, last_time = n.last_time, last = n.last, min = n.min, min_step = n.min_step, max = n.max, max_step = n.max_step, "
                + "sum = n.sum, marks_1 = n.marks_1, marks_2 = n.marks_2, marks_3 = n.marks_3 "
                + $"FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) AS n ({Columns}) "
                + "WHERE s.record = n.record AND s.name = n.name";
        round.Add(
            sql,
            [
                Args.All(list.Select(g => g.Owner)),
                Args.All(list.Select(g => names[g.Name])),
                Args.All(list.Select(g => (short)g.Type)),
                Args.All(list.Select(g => g.FirstChunk + g.Growth.Full.Count)),
                Args.All(list.Select(g => g.Growth.Summary.Count)),
                Args.All(list.Select(g => g.Growth.Summary.NanCount)),
                Args.All(list.Select(g => g.Growth.Summary.FirstStep)),
                Args.All(list.Select(g => g.Growth.Summary.LastStep)),
                Args.All(list.Select(g => g.Growth.Summary.LastTime)),
                Args.All(list.Select(g => OrNull(g.Growth.Summary.Last))),
                Args.All(list.Select(g => OrNull(g.Growth.Summary.Min))),
                Args.All(list.Select(g => g.Growth.Summary.MinStep)),
                Args.All(list.Select(g => OrNull(g.Growth.Summary.Max))),
                Args.All(list.Select(g => g.Growth.Summary.MaxStep)),
                Args.All(list.Select(g => OrNull(g.Growth.Summary.Sum))),
                .. FieldMarks.All(list.ConvertAll(g => writes.MarksOf(g.Owner))),
            ]);
    }

    /// <summary>Marks series that did not grow. Whoever writes fields or points of a record holds its row, so that none is missed.</summary>
    private static void AddMarks(Round round, WriteSet writes)
    {
        var marked = writes.Marked.ToList();
        if (marked.Count == 0)
            return;
        round.Add(
            "UPDATE mlops.series s SET marks_1 = n.marks_1, marks_2 = n.marks_2, marks_3 = n.marks_3 "
            + "FROM unnest($1, $2, $3, $4) AS n (record, marks_1, marks_2, marks_3) "
            + "WHERE s.record = n.record AND (s.marks_1 <> n.marks_1 OR s.marks_2 <> n.marks_2 OR s.marks_3 <> n.marks_3)",
            [Args.All(marked), .. FieldMarks.All(marked.ConvertAll(writes.MarksOf))]);
    }

    private static void AddChunks(Round round, IReadOnlyList<GrownSeries> grown, NameCache names)
    {
        List<(RecordId Owner, long Name, int Chunk, long Position, SeriesChunk Data)> chunks = [];
        foreach (var series in grown)
        {
            var position = series.FirstPosition;
            for (var i = 0; i < series.Growth.Full.Count; i++)
            {
                chunks.Add((series.Owner, names[series.Name], series.FirstChunk + i, position, series.Growth.Full[i]));
                position += series.Growth.Full[i].Summary.Count;
            }
        }

        if (chunks.Count == 0)
            return;
        round.Add(
            "INSERT INTO mlops.chunks (record, name, chunk, data) SELECT * FROM unnest($1, $2, $3, $4)",
            Args.All(chunks.Select(c => c.Owner)),
            Args.All(chunks.Select(c => c.Name)),
            Args.All(chunks.Select(c => c.Chunk)),
            Args.All(chunks.Select(c => c.Data.Data.ToArray())));
        round.Add(
            "INSERT INTO mlops.chunk_stats (record, name, chunk, position, count, first_step, last_step, stats) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)",
            Args.All(chunks.Select(c => c.Owner)),
            Args.All(chunks.Select(c => c.Name)),
            Args.All(chunks.Select(c => c.Chunk)),
            Args.All(chunks.Select(c => c.Position)),
            Args.All(chunks.Select(c => c.Data.Summary.Count)),
            Args.All(chunks.Select(c => c.Data.Summary.FirstStep)),
            Args.All(chunks.Select(c => c.Data.Summary.LastStep)),
            Args.All(chunks.Select(c => c.Data.Statistics.ToArray())));
    }

    private static void AddTails(Round round, IReadOnlyList<GrownSeries> grown, NameCache names)
    {
        var open = grown.Where(g => g.Growth.Tail is not null).ToList();
        if (open.Count > 0)
        {
            round.Add(
                "INSERT INTO mlops.tails (record, name, count, first_step, last_step, stats, data) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7) "
                + "ON CONFLICT (record, name) DO UPDATE SET count = excluded.count, first_step = excluded.first_step, last_step = excluded.last_step, "
                + "stats = excluded.stats, data = excluded.data",
                Args.All(open.Select(g => g.Owner)),
                Args.All(open.Select(g => names[g.Name])),
                Args.All(open.Select(g => g.Growth.Tail!.Summary.Count)),
                Args.All(open.Select(g => g.Growth.Tail!.Summary.FirstStep)),
                Args.All(open.Select(g => g.Growth.Tail!.Summary.LastStep)),
                Args.All(open.Select(g => g.Growth.Tail!.Statistics.ToArray())),
                Args.All(open.Select(g => g.Growth.Tail!.Data.ToArray())));
        }

        var closed = grown.Where(g => g.Growth.Tail is null && g.Stored is { Tail.Length: > 0 }).ToList();
        if (closed.Count > 0)
        {
            round.Add(
                "DELETE FROM mlops.tails t USING unnest($1, $2) AS n (record, name) WHERE t.record = n.record AND t.name = n.name",
                Args.All(closed.Select(g => g.Owner)),
                Args.All(closed.Select(g => names[g.Name])));
        }
    }

    private static double? OrNull(double value) => double.IsNaN(value) ? null : value;
}

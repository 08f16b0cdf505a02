namespace Mlops.Storage.Sqlite;

/// <summary>Series with their tails, and their chunks.</summary>
internal sealed class SeriesTable(Session session)
{
    private const string Columns =
        "rec, name, type, sid, chunks, count, nan_count, first_step, last_step, last_time, last, min, min_step, max, max_step, sum";

    private static readonly Comparer<SeriesInfo> ByName = Comparer<SeriesInfo>.Create((a, b) => string.CompareOrdinal(a.Name, b.Name));

    private readonly Statement _find = session.Prepare($"SELECT {Columns} FROM series WHERE rec = ?1 AND name = ?2");
    private readonly Statement _ofRecord = session.Prepare($"SELECT {Columns} FROM series WHERE rec = ?1");
    private readonly Statement _insert = session.Prepare(
        $"INSERT INTO series ({Columns}, tail_count, tail_first_step, tail_last_step, tail_stats, tail) "
        + "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)");

    private readonly Statement _update = session.Prepare(
        "UPDATE series SET sid = ?4, chunks = ?5, count = ?6, nan_count = ?7, first_step = ?8, last_step = ?9, last_time = ?10, "
        + "last = ?11, min = ?12, min_step = ?13, max = ?14, max_step = ?15, sum = ?16, tail_count = ?17, tail_first_step = ?18, "
        + "tail_last_step = ?19, tail_stats = ?20, tail = ?21 WHERE rec = ?1 AND name = ?2");

    private readonly Statement _tail = session.Prepare(
        "SELECT tail, tail_stats, tail_count, tail_first_step, tail_last_step FROM series WHERE rec = ?1 AND name = ?2 AND tail_count > 0");

    private readonly Statement _lastChunk = session.Prepare("SELECT max(chunk) FROM chunks");
    private readonly Statement _insertChunk = session.Prepare("INSERT INTO chunks (chunk, data) VALUES (?1, ?2)");
    private readonly Statement _insertStatistics = session.Prepare(
        "INSERT INTO chunk_stats (chunk, position, count, first_step, last_step, stats) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

    private readonly Statement _statistics = session.Prepare(
        "SELECT chunk, position, count, first_step, last_step, stats FROM chunk_stats WHERE chunk >= ?1 AND chunk < ?2 ORDER BY chunk");

    private readonly Statement _chunk = session.Prepare("SELECT data FROM chunks WHERE chunk = ?1");
    private readonly Statement _deleteChunks = session.Prepare("DELETE FROM chunks WHERE chunk >= ?1 AND chunk < ?2");
    private readonly Statement _deleteStatistics = session.Prepare("DELETE FROM chunk_stats WHERE chunk >= ?1 AND chunk < ?2");
    private readonly Statement _delete = session.Prepare("DELETE FROM series WHERE rec = ?1");

    public SeriesRow? Find(long rec, long name)
    {
        using var rows = _find.Bind(1, rec).Bind(2, name).Query();
        return rows.Read() ? Read(rows) : null;
    }

    public List<SeriesRow> List(long rec) => ReadAll(_ofRecord.Bind(1, rec));

    /// <summary>Adds the series of a record that <paramref name="selected"/> takes, by name ordinally.</summary>
    public void List(long rec, RecordId owner, NameSelection selected, List<SeriesInfo> list)
    {
        var first = list.Count;
        using var rows = _ofRecord.Bind(1, rec).Query();
        while (rows.Read())
        {
            if (selected.Find(rows.Int64(1)) is { } name && Read(rows) is var row)
                list.Add(new SeriesInfo(owner, name, row.Type, row.Summary));
        }

        list.Sort(first, list.Count - first, ByName);
    }

    /// <summary>Appends points to a series of their type, or to a new one if <paramref name="row"/> is null.</summary>
    public void Append(long rec, long name, SeriesRow? row, SeriesColumns points)
    {
        if (row is null)
        {
            var first = SeriesCodec.Append(null, [], points);
            Store(_insert, new SeriesRow(rec, name, points.Type, 0, 0, first.Summary), first, null);
            return;
        }

        SeriesGrowth growth;
        SeriesPlace? aside = null;
        using (var tail = BindTail(row).Query())
        {
            // the codec reads the tail where SQLite keeps it
            growth = SeriesCodec.Append(row.Summary, tail.Read() ? tail.Bytes(0) : [], points);
            if (growth.SetsTailAside)
                aside = PlaceOfTail(row, tail);
        }

        Store(_update, row, growth, aside);
    }

    /// <summary>The statistics of all full chunks, for which <paramref name="use"/> is called in order.</summary>
    public void ReadStatistics(SeriesRow row, ChunkVisitor use)
    {
        using var rows = _statistics.Bind(1, row.FirstChunk).Bind(2, row.EndChunk).Query();
        while (rows.Read())
            use(rows);
    }

    /// <summary>Where the chunk of a row stands.</summary>
    public static SeriesPlace Place(Rows row) => new(row.Int64(1), row.Int64(2), row.Int64(3), row.Int64(4));

    /// <summary>The open chunk; null if there is none.</summary>
    public (SeriesPlace Place, byte[] Statistics, byte[] Data)? FindTail(SeriesRow row)
    {
        using var rows = BindTail(row).Query();
        return rows.Read() ? (PlaceOfTail(row, rows), rows.Bytes(1).ToArray(), rows.Bytes(0).ToArray()) : null;
    }

    /// <summary>The compressed points of a full chunk; null if it is gone.</summary>
    public byte[]? FindChunk(long chunk)
    {
        using var rows = _chunk.Bind(1, chunk).Query();
        return rows.Read() ? rows.Bytes(0).ToArray() : null;
    }

    /// <summary>Decodes a full chunk without a copy of its bytes; null if it is gone.</summary>
    public SeriesColumns? DecodeChunk(long chunk)
    {
        using var rows = _chunk.Bind(1, chunk).Query();
        return rows.Read() ? SeriesCodec.Decode(rows.Bytes(0)) : null;
    }

    public void DeleteAll(long rec)
    {
        foreach (var row in List(rec))
        {
            _deleteChunks.Bind(1, row.FirstChunk).Bind(2, row.EndChunk).Execute();
            _deleteStatistics.Bind(1, row.FirstChunk).Bind(2, row.EndChunk).Execute();
        }

        _delete.Bind(1, rec).Execute();
    }

    private static List<SeriesRow> ReadAll(Statement statement)
    {
        List<SeriesRow> list = [];
        using var rows = statement.Query();
        while (rows.Read())
            list.Add(Read(rows));
        return list;
    }

    private static SeriesRow Read(Rows rows) => new(
        rows.Int64(0),
        rows.Int64(1),
        (SeriesType)rows.Int64(2),
        rows.Int64(3),
        rows.Int64(4),
        new SeriesSummary
        {
            Count = rows.Int64(5),
            NanCount = rows.Int64(6),
            FirstStep = rows.Int64(7),
            LastStep = rows.Int64(8),
            LastTime = rows.Int64(9),
            Last = rows.Number(10),
            Min = rows.Number(11),
            MinStep = rows.Int64(12),
            Max = rows.Number(13),
            MaxStep = rows.Int64(14),
            Sum = rows.Number(15),
        });

    private static SeriesPlace PlaceOfTail(SeriesRow row, Rows rows) =>
        new(row.Summary.Count - rows.Int64(2), rows.Int64(2), rows.Int64(3), rows.Int64(4));

    private Statement BindTail(SeriesRow row) => _tail.Bind(1, row.Rec).Bind(2, row.Name);

    private void Store(Statement statement, SeriesRow row, SeriesGrowth growth, SeriesPlace? aside)
    {
        var added = growth.Full.Count + (aside is null ? 0 : 1);
        if (added > 0 && row.Sid == 0)
            row = row with { Sid = NextSid() };
        StoreChunks(row, growth, aside);

        var s = growth.Summary;
        statement.Bind(1, row.Rec).Bind(2, row.Name).Bind(3, (long)row.Type).Bind(4, row.Sid).Bind(5, row.Chunks + added).Bind(6, s.Count)
            .Bind(7, s.NanCount).Bind(8, s.FirstStep).Bind(9, s.LastStep).Bind(10, s.LastTime).Bind(11, s.Last).Bind(12, s.Min)
            .Bind(13, s.MinStep).Bind(14, s.Max).Bind(15, s.MaxStep).Bind(16, s.Sum);
        if (growth.Tail is { } tail)
        {
            statement.Bind(17, tail.Summary.Count).Bind(18, tail.Summary.FirstStep).Bind(19, tail.Summary.LastStep)
                .Bind(20, tail.Statistics.Span).Bind(21, tail.Data.Span);
        }
        else
        {
            statement.Bind(17, 0L).BindNull(18).BindNull(19).BindNull(20).BindNull(21);
        }

        statement.Execute();
    }

    private void StoreChunks(SeriesRow row, SeriesGrowth growth, SeriesPlace? aside)
    {
        var chunk = row.EndChunk;
        if (aside is { } place)
        {
            var (_, statistics, data) = FindTail(row)!.Value;
            Insert(chunk++, place, statistics, data);
        }

        var position = growth.Summary.Count - (growth.Tail?.Summary.Count ?? 0) - growth.Full.Sum(c => c.Summary.Count);
        foreach (var full in growth.Full)
        {
            var of = full.Summary;
            Insert(chunk++, new SeriesPlace(position, of.Count, of.FirstStep, of.LastStep), full.Statistics.Span, full.Data.Span);
            position += of.Count;
        }
    }

    private void Insert(long chunk, SeriesPlace place, ReadOnlySpan<byte> statistics, ReadOnlySpan<byte> data)
    {
        _insertChunk.Bind(1, chunk).Bind(2, data).Execute();
        _insertStatistics.Bind(1, chunk).Bind(2, place.Position).Bind(3, place.Count).Bind(4, place.FirstStep).Bind(5, place.LastStep)
            .Bind(6, statistics).Execute();
    }

    // a number is free again once a purge took the chunks: a reader that still holds it finds its series gone
    private long NextSid()
    {
        using var rows = _lastChunk.Query();
        return rows.Read() && rows.Int64OrNull(0) is { } last ? (last >> SeriesRow.NumberBits) + 1 : 1;
    }
}

namespace Mlops.Storage.Sqlite;

/// <summary>Series, their chunks and their tails.</summary>
internal sealed class SeriesTable(Session session)
{
    private const string Columns =
        "sid, rec, name, type, chunks, count, nan_count, first_step, last_step, last_time, last, min, min_step, max, max_step, sum";

    private const string TailValues = "tails (sid, count, first_step, last_step, stats, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

    private readonly Statement _find = session.Prepare($"SELECT {Columns} FROM series WHERE rec = ?1 AND name = ?2");
    private readonly Statement _ofRecord = session.Prepare($"SELECT {Columns} FROM series WHERE rec = ?1");
    private readonly Statement _insert = session.Prepare(
        "INSERT INTO series (rec, name, type, chunks, count, nan_count, first_step, last_step, last_time, last, min, min_step, max, "
        + "max_step, sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)");

    private readonly Statement _update = session.Prepare(
        "UPDATE series SET chunks = ?4, count = ?5, nan_count = ?6, first_step = ?7, last_step = ?8, last_time = ?9, last = ?10, "
        + "min = ?11, min_step = ?12, max = ?13, max_step = ?14, sum = ?15 WHERE sid = ?1");

    private readonly Statement _tail = session.Prepare("SELECT data, stats, count, first_step, last_step FROM tails WHERE sid = ?1");
    private readonly Statement _insertTail = session.Prepare($"INSERT INTO {TailValues}");
    private readonly Statement _setTail = session.Prepare($"INSERT OR REPLACE INTO {TailValues}");

    private readonly Statement _deleteTail = session.Prepare("DELETE FROM tails WHERE sid = ?1");
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

    /// <summary>Appends points to a series of their type, or to a new one if <paramref name="row"/> is null.</summary>
    public void Append(long rec, long name, SeriesRow? row, SeriesColumns points)
    {
        SeriesGrowth growth;
        var isNew = row is null;
        if (row is null)
        {
            growth = SeriesCodec.Append(null, [], points);
            row = Insert(rec, name, points.Type, growth);
        }
        else
        {
            // the codec reads the tail where SQLite keeps it
            using (var tail = _tail.Bind(1, row.Sid).Query())
                growth = SeriesCodec.Append(row.Summary, tail.Read() ? tail.Bytes(0) : [], points);
            _update.Bind(1, row.Sid);
            BindSummary(_update, row.Chunks + growth.Full.Count, growth.Summary);
            _update.Execute();
        }

        Store(row, isNew, growth);
    }

    /// <summary>The statistics of all full chunks, for which <paramref name="use"/> is called in order.</summary>
    public void ReadStatistics(SeriesRow row, ChunkVisitor use)
    {
        using var rows = _statistics.Bind(1, row.FirstChunk).Bind(2, row.EndChunk).Query();
        while (rows.Read())
            use(rows.Int64(0), new SeriesPlace(rows.Int64(1), rows.Int64(2), rows.Int64(3), rows.Int64(4)), rows);
    }

    /// <summary>The open chunk; null if there is none.</summary>
    public (SeriesPlace Place, byte[] Statistics, byte[] Data)? FindTail(SeriesRow row)
    {
        using var rows = _tail.Bind(1, row.Sid).Query();
        if (!rows.Read())
            return null;
        var count = rows.Int64(2);
        return (new SeriesPlace(row.Summary.Count - count, count, rows.Int64(3), rows.Int64(4)), rows.Bytes(1).ToArray(), rows.Bytes(0).ToArray());
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
            _deleteTail.Bind(1, row.Sid).Execute();
        }

        _delete.Bind(1, rec).Execute();
    }

    private static void BindSummary(Statement statement, long chunks, SeriesSummary s) =>
        statement.Bind(4, chunks).Bind(5, s.Count).Bind(6, s.NanCount).Bind(7, s.FirstStep).Bind(8, s.LastStep).Bind(9, s.LastTime)
            .Bind(10, s.Last).Bind(11, s.Min).Bind(12, s.MinStep).Bind(13, s.Max).Bind(14, s.MaxStep).Bind(15, s.Sum);

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
        rows.Int64(2),
        (SeriesType)rows.Int64(3),
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

    private SeriesRow Insert(long rec, long name, SeriesType type, SeriesGrowth growth)
    {
        _insert.Bind(1, rec).Bind(2, name).Bind(3, (long)type);
        BindSummary(_insert, growth.Full.Count, growth.Summary);
        _insert.Execute();
        return new SeriesRow(session.LastRow, rec, name, type, 0, growth.Summary);
    }

    private void Store(SeriesRow row, bool isNew, SeriesGrowth growth)
    {
        var position = growth.Summary.Count - (growth.Tail?.Summary.Count ?? 0) - growth.Full.Sum(c => c.Summary.Count);
        var chunk = row.EndChunk;
        foreach (var full in growth.Full)
        {
            _insertChunk.Bind(1, chunk).Bind(2, full.Data.Span).Execute();
            _insertStatistics.Bind(1, chunk).Bind(2, position).Bind(3, full.Summary.Count).Bind(4, full.Summary.FirstStep)
                .Bind(5, full.Summary.LastStep).Bind(6, full.Statistics.Span).Execute();
            position += full.Summary.Count;
            chunk++;
        }

        if (growth.Tail is { } tail)
        {
            (isNew ? _insertTail : _setTail).Bind(1, row.Sid).Bind(2, tail.Summary.Count).Bind(3, tail.Summary.FirstStep).Bind(4, tail.Summary.LastStep)
                .Bind(5, tail.Statistics.Span).Bind(6, tail.Data.Span).Execute();
        }
        else if (growth.Full.Count > 0)
        {
            _deleteTail.Bind(1, row.Sid).Execute();
        }
    }
}

namespace Mlops.Storage.Sqlite;

/// <summary>Points laid out as rows, for the view <c>metric_points</c>.</summary>
internal sealed class ShownTable(Session session)
{
    private readonly Statement _delete = session.Prepare("DELETE FROM shown_points WHERE rec = ?1");
    private readonly Statement _insert = session.Prepare(
        "INSERT INTO shown_points (rec, name, ord, step, time, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

    public void DeleteAll(long rec) => _delete.Bind(1, rec).Execute();

    /// <summary>Shows these series of a record instead of what it showed before; null shows nothing. Returns the number of points.</summary>
    public long Replace(RecordId owner, string? prefix, CancellationToken cancellationToken)
    {
        if (session.Records.Find(owner) is not { Purged: false } record)
            throw new NotFoundException($"Record {owner} does not exist or was purged; there are no points to show.");
        DeleteAll(record.Number);
        long shown = 0;
        foreach (var row in prefix is null ? [] : session.Series.List(record.Number))
        {
            var name = session.Names.Get(row.Name);
            if (row.Type == SeriesType.Number && name.StartsWith(prefix!, StringComparison.Ordinal))
                shown += Insert(row, SeriesReader.Open(session, owner, name, new SeriesRange())!, cancellationToken);
        }

        return shown;
    }

    private long Insert(SeriesRow row, SeriesReader reader, CancellationToken cancellationToken)
    {
        long ord = 0;
        foreach (var (chunk, place) in reader.Chunks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Insert(row, reader.Read(session, chunk, place), ref ord);
        }

        if (reader.ReadTail() is { } tail)
            Insert(row, tail, ref ord);
        return ord;
    }

    private void Insert(SeriesRow row, SeriesColumns points, ref long ord)
    {
        for (var i = 0; i < points.Count; i++)
        {
            _insert.Bind(1, row.Rec).Bind(2, row.Name).Bind(3, ord++)
                .Bind(4, points.Steps.Span[i]).Bind(5, points.Times.Span[i]).Bind(6, points.Numbers.Span[i]).Execute();
        }
    }
}

namespace Mlops.Storage.Sqlite;

/// <summary>
/// Reads a series as it was when the reading began. Full chunks never change, so only the list of them and the tail are taken in
/// one transaction; the points follow in short ones, and a slow reader holds nothing back.
/// </summary>
internal sealed class SeriesReader
{
    private readonly List<(long Chunk, SeriesPlace Place)> _chunks = [];
    private readonly byte[]? _tail;
    private readonly SeriesPlace _tailPlace;
    private readonly SeriesRange _range;
    private readonly SeriesRow _row;
    private readonly string _what;

    private SeriesReader(Session session, SeriesRow row, string what, SeriesRange range)
    {
        _row = row;
        _range = range;
        _what = what;
        session.Series.ReadStatistics(row, rows =>
        {
            if (SeriesTable.Place(rows) is var place && place.Meets(range))
                _chunks.Add((rows.Int64(0), place));
        });
        if (session.Series.FindTail(row) is { } tail && tail.Place.Meets(range))
        {
            _tail = tail.Data;
            _tailPlace = tail.Place;
        }
    }

    public IReadOnlyList<(long Chunk, SeriesPlace Place)> Chunks => _chunks;

    /// <summary>Finds the series; null if there is none.</summary>
    public static SeriesReader? Open(Session session, RecordId owner, string name, SeriesRange range) =>
        Find(session, owner, name) is { } row ? new SeriesReader(session, row, $"the series '{name}' of record {owner}", range) : null;

    public static SeriesRow? Find(Session session, RecordId owner, string name) =>
        session.Records.Find(owner) is { } record && session.Names.Find(name) is { } number
            ? session.Series.Find(record.Number, number)
            : null;

    /// <summary>The points of one full chunk in the range.</summary>
    public SeriesColumns Read(Session session, long chunk, SeriesPlace place)
    {
        // after a purge, the numbers of its chunks may be those of another series
        if (session.Series.Find(_row.Rec, _row.Name) is null)
            throw new NotFoundException($"The record was purged while {_what} was read; what was read before is all there is.");
        try
        {
            var points = session.Series.DecodeChunk(chunk)
                ?? throw new IntegrityException($"A block of {_what} is missing; verify the store, and restore the file from a copy.");
            return points.Within(_range, place);
        }
        catch (IntegrityException e)
        {
            throw Named(e);
        }
    }

    /// <summary>The points of the open chunk in the range; none if there are none.</summary>
    public SeriesColumns? ReadTail()
    {
        try
        {
            return _tail is null ? null : SeriesCodec.Decode(_tail).Within(_range, _tailPlace);
        }
        catch (IntegrityException e)
        {
            throw Named(e);
        }
    }

    private IntegrityException Named(IntegrityException e) =>
        e.Message.Contains(_what, StringComparison.Ordinal) ? e : new IntegrityException($"A block of {_what} is damaged: {e.Message}", e);
}

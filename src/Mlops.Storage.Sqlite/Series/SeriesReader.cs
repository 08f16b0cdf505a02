namespace Mlops.Storage.Sqlite;

/// <summary>
/// Reads a series as it was when the reading began. Full chunks never change, so only the list of them and the tail are taken in
/// one transaction; the points follow in short ones, and a slow reader holds nothing back.
/// </summary>
internal sealed class SeriesReader
{
    private readonly List<ChunkStatistics> _chunks = [];
    private readonly byte[]? _tail;
    private readonly ChunkStatistics _tailPlace;
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
            if (ChunkStatistics.Of(rows) is var place && place.Meets(range))
                _chunks.Add(place);
        });
        if (session.Series.FindTail(row) is { } tail && tail.Place.Meets(range))
        {
            _tail = tail.Data;
            _tailPlace = tail.Place;
        }
    }

    public IReadOnlyList<ChunkStatistics> Chunks => _chunks;

    /// <summary>Finds the series; null if there is none.</summary>
    public static SeriesReader? Open(Session session, RecordId owner, string name, SeriesRange range) =>
        Find(session, owner, name) is { } row ? new SeriesReader(session, row, $"the series '{name}' of record {owner}", range) : null;

    public static SeriesRow? Find(Session session, RecordId owner, string name) =>
        session.Records.Find(owner) is { } record && session.Names.Find(name) is { } number
            ? session.Series.Find(record.Rec, number)
            : null;

    /// <summary>The points of one full chunk in the range.</summary>
    public SeriesColumns Read(Session session, ChunkStatistics place)
    {
        // after a purge, the numbers of its chunks may be those of another series
        if (session.Series.Find(_row.Rec, _row.Name) is null)
            throw new NotFoundException($"The record was purged while {_what} was read; what was read before is all there is.");
        try
        {
            var points = session.Series.DecodeChunk(place.Chunk)
                ?? throw new IntegrityException($"A block of {_what} is missing; verify the store, and restore the file from a copy.");
            return Cut(points, place);
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
            return _tail is null ? null : Cut(SeriesCodec.Decode(_tail), _tailPlace);
        }
        catch (IntegrityException e)
        {
            throw Named(e);
        }
    }

    private IntegrityException Named(IntegrityException e) =>
        e.Message.Contains(_what, StringComparison.Ordinal) ? e : new IntegrityException($"A block of {_what} is damaged: {e.Message}", e);

    private SeriesColumns Cut(SeriesColumns points, ChunkStatistics place)
    {
        if (_range.AfterPosition > place.Position)
            points = points.Slice((int)(_range.AfterPosition - place.Position), points.Count - (int)(_range.AfterPosition - place.Position));
        return place.FirstStep >= _range.FirstStep && place.LastStep <= _range.LastStep ? points : Select(points);
    }

    private SeriesColumns Select(SeriesColumns points)
    {
        var steps = points.Steps.Span;
        var kept = new List<int>(points.Count);
        for (var i = 0; i < steps.Length; i++)
        {
            if (steps[i] >= _range.FirstStep && steps[i] <= _range.LastStep)
                kept.Add(i);
        }

        // steps mostly ascend, so what is kept is mostly one piece
        if (kept.Count == 0)
            return points.Slice(0, 0);
        if (kept[^1] - kept[0] == kept.Count - 1)
            return points.Slice(kept[0], kept.Count);
        var newSteps = Pick(points.Steps);
        var newTimes = Pick(points.Times);
        return points.Type switch
        {
            SeriesType.Number => SeriesColumns.OfNumbers(newSteps, newTimes, Pick(points.Numbers)),
            SeriesType.Text => SeriesColumns.OfTexts(newSteps, newTimes, Pick(points.Texts)),
            _ => SeriesColumns.OfDigests(newSteps, newTimes, Pick(points.Digests)),
        };

        T[] Pick<T>(ReadOnlyMemory<T> column)
        {
            var picked = new T[kept.Count];
            for (var i = 0; i < picked.Length; i++)
                picked[i] = column.Span[kept[i]];
            return picked;
        }
    }
}

namespace Mlops.Storage.Sqlite;

/// <summary>
/// Points that wait for the end of the transaction. The tail of a series is rewritten with each append, so the appends of all
/// batches of a transaction to one series are made one; what may fail is checked when they are added.
/// </summary>
internal sealed class AppendBuffer(Session session)
{
    private readonly List<Waiting> _waiting = [];
    private readonly Dictionary<(long Rec, long Name), Waiting> _first = [];
    private int _mark;
    private bool _hasWritten;
    private bool _isRepeated;

    /// <summary>Begins a transaction.</summary>
    public void Begin()
    {
        Clear();
        _hasWritten = false;
    }

    /// <summary>Marks where the points of the next batch begin.</summary>
    public void Mark() => _mark = _waiting.Count;

    /// <summary>Drops the points since the mark.</summary>
    public void TakeBack()
    {
        _waiting.RemoveRange(_mark, _waiting.Count - _mark);

        // a type that only the dropped points gave to a series must not bind others
        _first.Clear();
        foreach (var waiting in _waiting)
            _first.TryAdd((waiting.Rec, waiting.Name), waiting);
    }

    /// <summary>Adds points to a series of a record, which is new if this transaction made it; false if its type is another.</summary>
    public bool TryAdd(long rec, long name, bool isNew, SeriesColumns points)
    {
        SeriesRow? row;
        if (_first.TryGetValue((rec, name), out var first))
        {
            if (first.Points.Type != points.Type)
                return false;
            _isRepeated = true;
            row = first.Row;
        }
        else
        {
            // what was written on the way may have made a series for a record that is new itself
            row = isNew && !_hasWritten ? null : session.Series.Find(rec, name);
            if (row is not null && row.Type != points.Type)
                return false;
        }

        var waiting = new Waiting(rec, name, row, points);
        _waiting.Add(waiting);
        _first.TryAdd((rec, name), waiting);
        return true;
    }

    public void Write()
    {
        // many short runs have few points in many series, and nothing to join
        if (!_isRepeated)
        {
            foreach (var (rec, name, row, points) in _waiting)
                session.Series.Append(rec, name, row, points);
        }
        else
        {
            foreach (var series in _waiting.GroupBy(w => (w.Rec, w.Name)))
                session.Series.Append(series.Key.Rec, series.Key.Name, series.First().Row, SeriesColumns.Concat([.. series.Select(w => w.Points)]));
        }

        Clear();
        _hasWritten = true;
    }

    private void Clear()
    {
        _waiting.Clear();
        _first.Clear();
        _isRepeated = false;
        _mark = 0;
    }

    private readonly record struct Waiting(long Rec, long Name, SeriesRow? Row, SeriesColumns Points);
}

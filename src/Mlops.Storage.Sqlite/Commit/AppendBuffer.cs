namespace Mlops.Storage.Sqlite;

/// <summary>
/// Points that wait for the end of the transaction. The tail of a series is rewritten with each append, so the appends of all
/// batches of a transaction to one series are made one; what may fail is checked when they are added.
/// </summary>
internal sealed class AppendBuffer(Session session)
{
    private readonly List<(long Rec, long Name, SeriesColumns Points)> _waiting = [];
    private readonly Dictionary<(long Rec, long Name), (SeriesRow? Row, SeriesType Type)> _series = [];
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
        _series.Clear();
        foreach (var (rec, name, points) in _waiting)
            Know(rec, name, isNew: false, points.Type);
    }

    /// <summary>Adds points to a series of a record, which is new if this transaction made it; false if its type is another.</summary>
    public bool TryAdd(long rec, long name, bool isNew, SeriesColumns points)
    {
        _isRepeated |= _series.ContainsKey((rec, name));
        if (Know(rec, name, isNew, points.Type) != points.Type)
            return false;
        _waiting.Add((rec, name, points));
        return true;
    }

    public void Write()
    {
        // many short runs have few points in many series, and nothing to join
        if (!_isRepeated)
        {
            foreach (var (rec, name, points) in _waiting)
                session.Series.Append(rec, name, _series[(rec, name)].Row, points);
        }
        else
        {
            foreach (var series in _waiting.GroupBy(w => (w.Rec, w.Name), w => w.Points))
                session.Series.Append(series.Key.Rec, series.Key.Name, _series[series.Key].Row, SeriesColumns.Concat([.. series]));
        }

        Clear();
        _hasWritten = true;
    }

    private void Clear()
    {
        _waiting.Clear();
        _series.Clear();
        _isRepeated = false;
        _mark = 0;
    }

    private SeriesType Know(long rec, long name, bool isNew, SeriesType type)
    {
        if (_series.TryGetValue((rec, name), out var known))
            return known.Type;

        // what was written on the way may have made a series for a record that is new itself
        var row = isNew && !_hasWritten ? null : session.Series.Find(rec, name);
        _series.Add((rec, name), (row, row?.Type ?? type));
        return row?.Type ?? type;
    }
}

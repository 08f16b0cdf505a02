namespace Mlops.Storage.Sqlite;

/// <summary>
/// Points that wait for the end of the transaction. The tail of a series is rewritten with each append, so the appends of all
/// batches of a transaction to one series are made one; what may fail is checked when they are added.
/// </summary>
internal sealed class AppendBuffer(Session session)
{
    private readonly List<(long Rec, long Name, SeriesColumns Points)> _waiting = [];
    private readonly Dictionary<(long Rec, long Name), SeriesType> _types = [];
    private int _mark;

    public void Clear()
    {
        _waiting.Clear();
        _types.Clear();
        _mark = 0;
    }

    /// <summary>Marks where the points of the next batch begin.</summary>
    public void Mark() => _mark = _waiting.Count;

    /// <summary>Drops the points since the mark.</summary>
    public void TakeBack()
    {
        _waiting.RemoveRange(_mark, _waiting.Count - _mark);

        // a type that only the dropped points gave to a series must not bind others
        _types.Clear();
        foreach (var (rec, name, points) in _waiting)
            _types[(rec, name)] = points.Type;
    }

    /// <summary>Adds points; false if the series has another type.</summary>
    public bool TryAdd(long rec, long name, SeriesColumns points)
    {
        if (!_types.TryGetValue((rec, name), out var type))
            _types[(rec, name)] = type = session.Series.Find(rec, name)?.Type ?? points.Type;
        if (type != points.Type)
            return false;
        _waiting.Add((rec, name, points));
        return true;
    }

    public void Write()
    {
        foreach (var series in _waiting.GroupBy(w => (w.Rec, w.Name), w => w.Points))
            session.Series.Append(series.Key.Rec, series.Key.Name, SeriesColumns.Concat([.. series]));
        Clear();
    }
}

namespace Mlops.Metadata;

/// <summary>
/// Gathers points by time into a bounded number of cells, in one pass and without knowing the range beforehand: cells are as
/// wide as a power of two, and whenever they would become too many, neighbours are joined in pairs.
/// </summary>
internal sealed class TimeCells(int limit)
{
    private SortedDictionary<long, CellSum> _cells = [];
    private int _shift;

    public void Add(long at, double value)
    {
        var key = at >> _shift;
        _cells.TryGetValue(key, out var cell);
        cell.Add(at, value);
        _cells[key] = cell;
        while (_cells.Count > limit)
            Join();
    }

    public IReadOnlyList<CurveCell> ToCells() => [.. _cells.Values.Select(cell => cell.ToCell())];

    private void Join()
    {
        var joined = new SortedDictionary<long, CellSum>();
        foreach (var (key, cell) in _cells)
        {
            joined.TryGetValue(key >> 1, out var sum);
            sum.Add(cell);
            joined[key >> 1] = sum;
        }

        (_cells, _shift) = (joined, _shift + 1);
    }
}

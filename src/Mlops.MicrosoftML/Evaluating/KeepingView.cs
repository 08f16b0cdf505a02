using Microsoft.ML;
using Microsoft.ML.Data;

namespace Mlops.MicrosoftML;

/// <summary>
/// Passes scored data on and keeps label, score and probability as they go by: computing scores is most of what an evaluation costs,
/// and whoever draws curves beside it should not have them computed once more.
/// </summary>
internal sealed class KeepingView(IDataView source, string? label) : IDataView
{
    private volatile Dictionary<string, List<double>>? _kept;

    public DataViewSchema Schema => source.Schema;

    public bool CanShuffle => source.CanShuffle;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        if (_kept is not null || rand is not null)
            return source.GetRowCursor(columnsNeeded, rand);
        var keep = Schema.Where(c => !c.IsHidden && (c.Name == label || c.Name is "Score" or "Probability") && ScoredColumns.IsNumber(c)).ToList();
        return new Cursor(this, source.GetRowCursor(columnsNeeded.Concat(keep)), keep);
    }

    // one is what is kept whole
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    /// <summary>What was kept of these columns; null if nobody has read all rows yet, or they hold no numbers.</summary>
    public IReadOnlyList<List<double>>? Find(IReadOnlyList<string> names) =>
        _kept is { } kept && names.All(kept.ContainsKey) ? [.. names.Select(name => kept[name])] : null;

    private sealed class Cursor(KeepingView view, DataViewRowCursor rows, List<DataViewSchema.Column> keep) : DataViewRowCursor
    {
        private readonly List<(Func<double> Read, List<double> Values)> _columns = keep.ConvertAll(c => (ScoredColumns.Label(rows, c), new List<double>()));

        public override long Position => rows.Position;

        public override long Batch => rows.Batch;

        public override DataViewSchema Schema => rows.Schema;

        public override bool MoveNext()
        {
            if (!rows.MoveNext())
            {
                view._kept ??= keep.Zip(_columns).ToDictionary(p => p.First.Name, p => p.Second.Values, StringComparer.Ordinal);
                return false;
            }

            foreach (var (read, values) in _columns)
                values.Add(read());
            return true;
        }

        public override bool IsColumnActive(DataViewSchema.Column column) => rows.IsColumnActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => rows.GetGetter<TValue>(column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => rows.GetIdGetter();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                rows.Dispose();
            base.Dispose(disposing);
        }
    }
}

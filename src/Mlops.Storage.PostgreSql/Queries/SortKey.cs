using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// One sort key: the class of the value (NULL if missing) and the value, which stands in one of several columns; the others are
/// NULL wherever the class is the same, so that sorting by all of them sorts by it.
/// </summary>
/// <param name="Class">1 numbers, 2 times, 3 texts, 4 references, 5 digests.</param>
/// <param name="Values">Expressions, in the order of <see cref="SortColumn"/>; null where no value of that sort can be.</param>
/// <param name="Join">What must be joined to <c>r</c>; empty if nothing.</param>
/// <param name="Descending">Largest first; missing values come last both ways.</param>
internal sealed record SortKey(string Class, IReadOnlyDictionary<SortColumn, string> Values, string Join, bool Descending)
{
    public static SortKey Of(RecordOrder order, int index, FilterCompiler filters)
    {
        var o = FormattableString.Invariant($"o{index}");
        switch (order.By)
        {
            case Operand.OfField:
                return new SortKey(
                    $"CASE WHEN {o}.number IS NOT NULL THEN 1 WHEN {o}.type = 3 THEN 2 WHEN {o}.type = 1 THEN 3 WHEN {o}.type = 4 THEN 4 WHEN {o}.type = 5 THEN 5 END",
                    new Dictionary<SortColumn, string>
                    {
                        [SortColumn.Number] = $"{o}.number",
                        [SortColumn.Whole] = $"{o}.whole",
                        [SortColumn.Text] = $"CASE WHEN {o}.number IS NULL THEN {o}.text END",
                        [SortColumn.Bytes] = $"{o}.bytes",
                    },
                    $" LEFT JOIN mlops.fields {o} ON {o}.record = r.id AND {o}.name = {filters.Name(order.By)} AND {o}.ord = 0",
                    order.Descending);
            case Operand.OfSeries series:
                var column = FilterCompiler.Column(o, series.Aggregate);
                return new SortKey(
                    $"CASE WHEN {column} IS NOT NULL THEN 1 END",
                    One(series.Aggregate is SeriesAggregate.Last or SeriesAggregate.Min or SeriesAggregate.Max ? SortColumn.Number : SortColumn.Whole, column),
                    $" LEFT JOIN mlops.series {o} ON {o}.record = r.id AND {o}.name = {filters.Name(order.By)}",
                    order.Descending);
            case Operand.OfProperty property:
                var (name, type) = FilterCompiler.Column(property.Name);
                var (rank, place) = type switch
                {
                    FieldType.Number => (1, SortColumn.Whole),
                    FieldType.Time => (2, SortColumn.Whole),
                    FieldType.Text => (3, SortColumn.Text),
                    _ => (4, SortColumn.Id),
                };
                return new SortKey(FormattableString.Invariant($"CASE WHEN {name} IS NOT NULL THEN {rank} END"), One(place, name), "", order.Descending);
            default:
                throw new InvalidOperationException("An operand of this kind is not compiled.");
        }
    }

    /// <summary>Reads the value that a row has in a column.</summary>
    public static object Read(NpgsqlDataReader row, int column, SortColumn sort, long rank) => sort switch
    {
        SortColumn.Number => row.GetDouble(column),
        SortColumn.Whole => row.GetInt64(column),
        SortColumn.Text => StoredText.Unescape(row.GetString(column)),
        SortColumn.Id => row.Id(column),
        _ => rank == 4 ? RecordId.Read(row.Bytes(column)) : row.Digest(column),
    };

    /// <summary>The column in which a value of a cursor stands, and the value as a parameter.</summary>
    public (SortColumn Column, NpgsqlParameter Value) Place(object value) => value switch
    {
        double number => (SortColumn.Number, Args.Of(number)),
        long whole => (SortColumn.Whole, Args.Of(whole)),
        string text => (SortColumn.Text, Args.Of(StoredText.Escape(text))),
        RecordId id when Values.ContainsKey(SortColumn.Id) => (SortColumn.Id, Args.Of(id)),
        RecordId id => (SortColumn.Bytes, Args.Of(id.ToBytes())),
        Digest digest => (SortColumn.Bytes, Args.Of(digest)),
        _ => throw new InvalidOperationException($"A cursor cannot hold a {value.GetType().Name}."),
    };

    private static Dictionary<SortColumn, string> One(SortColumn column, string value) => new() { [column] = value };
}

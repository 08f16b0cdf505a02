namespace Mlops.Storage.Sqlite;

/// <summary>One sort key as two SQL expressions: the class of the value (NULL if missing) and the value.</summary>
/// <param name="Class">1 numbers, 2 times, 3 texts, 4 references, 5 digests.</param>
/// <param name="Value">The value in SQLite's own type.</param>
/// <param name="Join">What must be joined to <c>r</c>; empty if nothing.</param>
/// <param name="Descending">Largest first; missing values come last both ways.</param>
internal sealed record SortKey(string Class, string Value, string Join, bool Descending)
{
    public static SortKey Of(RecordOrder order, int index, string rec, FilterCompiler filters)
    {
        var alias = FormattableString.Invariant($"o{index}");
        switch (order.By)
        {
            case Operand.OfField:
                return new SortKey(
                    $"CASE WHEN {alias}.number IS NOT NULL THEN 1 WHEN {alias}.type = 3 THEN 2 WHEN {alias}.type = 1 THEN 3 "
                    + $"WHEN {alias}.type = 4 THEN 4 WHEN {alias}.type = 5 THEN 5 END",
                    $"coalesce({alias}.number, {alias}.value)",
                    $" LEFT JOIN fields {alias} ON {alias}.rec = {rec} AND {alias}.name = {filters.Name(order.By)} AND {alias}.ord = 0",
                    order.Descending);
            case Operand.OfSeries series:
                var column = FilterCompiler.Column(alias, series.Aggregate);
                return new SortKey(
                    $"iif({column} IS NULL, NULL, 1)",
                    column,
                    $" LEFT JOIN series {alias} ON {alias}.rec = {rec} AND {alias}.name = {filters.Name(order.By)}",
                    order.Descending);
            case Operand.OfProperty property:
                var (name, type) = FilterCompiler.Column(property.Name);
                return new SortKey($"iif({name} IS NULL, NULL, {Rank(type)})", name, "", order.Descending);
            default:
                throw new InvalidOperationException("An operand of this kind is not compiled.");
        }
    }

    private static int Rank(FieldType type) => type switch
    {
        FieldType.Number => 1,
        FieldType.Time => 2,
        FieldType.Text => 3,
        FieldType.Reference => 4,
        _ => 5,
    };
}

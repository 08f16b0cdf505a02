namespace Mlops.Storage.PostgreSql;

/// <summary>
/// An index that has records in the order of a query's first key, so that a page reads little more than its own records. Records
/// without a value are not in it, and it is not walked to its end: only a page that it fills is an answer.
/// </summary>
/// <param name="By">What it is ordered by.</param>
/// <param name="Entries">The statement that yields <c>record</c> and <c>value</c> of all entries, and their marks if they have any, but for its end.</param>
/// <param name="Value">The column of the value in this statement.</param>
/// <param name="Key">The first sort key of the entries <c>w</c>.</param>
internal sealed record OrderWalk(Operand By, string Entries, string Value, SortKey Key)
{
    /// <summary>The walk for a query from its cursor on; null if no index has its order, or only records without a value are left.</summary>
    public static OrderWalk? For(RecordQuery query, QueryCursor? cursor, FilterCompiler filters)
    {
        if (query.OrderBy.Count == 0)
            return null;
        var (by, descending) = (query.OrderBy[0].By, query.OrderBy[0].Descending);
        var from = cursor?.Keys[0].Value;
        switch (by)
        {
            case Operand.OfSeries { Aggregate: SeriesAggregate.Last } when from is null or double:
                return Along($"SELECT s.record, s.last AS value, s.marks_1, s.marks_2, s.marks_3 FROM mlops.series s WHERE s.name = {filters.Name(by)} AND s.last IS NOT NULL", "s.last", SortColumn.Number, 1);
            case Operand.OfField when from is null or long:
                // the first values only, and no other values that come before times
                var before = descending ? ["text", "bytes"] : new[] { "number" };
                var others = string.Join(" OR ", before.Select(c => $"EXISTS (SELECT 1 FROM mlops.fields b WHERE b.name = {filters.Name(by)} AND b.{c} IS NOT NULL)"));
                return Along(
                    $"SELECT t.record, t.whole AS value FROM mlops.fields t WHERE t.name = {filters.Name(by)} AND t.whole IS NOT NULL AND t.ord = 0 AND NOT ({others})",
                    "t.whole",
                    SortColumn.Whole,
                    2);
            default:
                return null;
        }

        OrderWalk? Along(string entries, string value, SortColumn column, int rank) => cursor is not null && from is null
            ? null
            : new OrderWalk(by, entries, value, new SortKey(FormattableString.Invariant($"{rank}"), new Dictionary<SortColumn, string> { [column] = "w.value" }, "", descending));
    }

    /// <summary>Whether the entries have the marks of their records.</summary>
    public bool HasMarks => By is Operand.OfSeries;

    /// <summary>Whether a term compares just the value that this is ordered by, and so limits where to walk.</summary>
    public bool Limits(Filter term) =>
        By is Operand.OfSeries && term is Filter.Compare { Operator: not (FilterOperator.Like or FilterOperator.LikeIgnoreCase) } compare && compare.Left == By;
}

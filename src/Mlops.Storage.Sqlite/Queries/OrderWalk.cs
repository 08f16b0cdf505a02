namespace Mlops.Storage.Sqlite;

/// <summary>
/// An index that has records in the order of a query's first key, so that a page reads little more than its own records. Records
/// without a value are not in it.
/// </summary>
/// <param name="By">What it is ordered by.</param>
/// <param name="Source">What to select from, as <c>o0</c>.</param>
/// <param name="Where">The condition for the entries that sort.</param>
/// <param name="Key">The first sort key, from the index alone.</param>
internal sealed record OrderWalk(Operand By, string Source, string Where, SortKey Key)
{
    /// <summary>The walk for a first order; null if no index has it.</summary>
    public static OrderWalk? For(Session session, RecordOrder order, FilterCompiler filters)
    {
        switch (order.By)
        {
            case Operand.OfSeries { Aggregate: SeriesAggregate.Last }:
                return new OrderWalk(
                    order.By,
                    "series o0 INDEXED BY series_last",
                    $"o0.name = {filters.Name(order.By)} AND o0.last IS NOT NULL",
                    new SortKey("1", "o0.last", "", order.Descending));
            case Operand.OfField field when session.Names.Find(field.Name) is { } name && session.Fields.AreTimes(name):
                // SQLite drops a condition that can never hold, and with it the one that a named partial index asks for; it takes
                // fields_value by itself, the only index that a name alone opens
                return new OrderWalk(
                    order.By,
                    "fields o0",
                    $"o0.name = {filters.Name(order.By)} AND o0.value IS NOT NULL AND o0.ord = 0",
                    new SortKey("2", "o0.value", "", order.Descending));
            default:
                return null;
        }
    }

    /// <summary>Whether a term compares just the value that this is ordered by, and so limits how far to walk.</summary>
    public bool Limits(Filter term) => By is Operand.OfSeries && term is Filter.Compare compare && compare.Left == By;

    /// <summary>Whether a term holds for all that have the value.</summary>
    public bool Implies(Filter term) => term is Filter.Negation { Term: Filter.IsMissing missing } && missing.Left == By;

    /// <summary>Whether records that match all terms may lack the value to sort by.</summary>
    public bool MayMiss(Session session, IEnumerable<Filter> terms) =>
        !terms.Any(IsPresentWith)
        || (By is Operand.OfField field && session.Names.Find(field.Name) is { } name && session.Fields.HaveSeveral(name));

    private bool IsPresentWith(Filter term) => term switch
    {
        Filter.Compare compare => compare.Left == By,
        Filter.OneOf oneOf => oneOf.Left == By,
        _ => Implies(term),
    };
}

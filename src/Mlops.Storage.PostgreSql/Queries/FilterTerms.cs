namespace Mlops.Storage.PostgreSql;

/// <summary>What must all be true for a filter to match.</summary>
internal static class FilterTerms
{
    /// <summary>The terms with the comparisons first, which rule out most; a walk tries them in this order.</summary>
    public static List<Filter> Of(Filter? filter) => [.. Flatten(filter).OrderBy(Rank)];

    private static IEnumerable<Filter> Flatten(Filter? filter) => filter switch
    {
        null => [],
        Filter.AllOf all => all.Terms.SelectMany(Flatten),
        _ => [filter],
    };

    private static int Rank(Filter term) => term switch
    {
        Filter.Compare { Operator: not (FilterOperator.Like or FilterOperator.LikeIgnoreCase) } or Filter.OneOf => 0,
        Filter.IsMissing or Filter.Negation { Term: Filter.IsMissing } => 2,
        _ => 1,
    };
}

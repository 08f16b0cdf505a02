namespace Mlops.Storage.Sqlite;

/// <summary>What must all be true for a filter to match.</summary>
internal static class FilterTerms
{
    /// <summary>The terms with the cheap ones that rule out most first, for they are tried in this order.</summary>
    public static List<Filter> Of(Filter? filter)
    {
        List<Filter> terms = [];
        if (filter is not null)
            Add(filter, terms);
        return [.. terms.OrderBy(Rank)];
    }

    /// <summary>Whether a term looks at the row of the record itself, and not just at its fields and series.</summary>
    public static bool NeedRecord(Filter term) => term switch
    {
        Filter.Compare compare => compare.Left is Operand.OfProperty,
        Filter.OneOf oneOf => oneOf.Left is Operand.OfProperty,
        Filter.IsMissing missing => missing.Left is Operand.OfProperty,
        Filter.AllOf all => all.Terms.Any(NeedRecord),
        Filter.AnyOf any => any.Terms.Any(NeedRecord),
        Filter.Negation negation => NeedRecord(negation.Term),
        _ => true,
    };

    private static void Add(Filter filter, List<Filter> terms)
    {
        if (filter is not Filter.AllOf all)
        {
            terms.Add(filter);
            return;
        }

        foreach (var term in all.Terms)
            Add(term, terms);
    }

    // most records lack what is asked to be missing
    private static int Rank(Filter term) => term switch
    {
        Filter.Compare { Operator: not (FilterOperator.Like or FilterOperator.LikeIgnoreCase) } or Filter.OneOf => 0,
        Filter.IsMissing or Filter.Negation { Term: Filter.IsMissing } => 3,
        Filter.Negation => 2,
        _ => 1,
    };
}

using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Walks the conditions of a filter.</summary>
internal static class FilterTree
{
    /// <summary>The same filter with each comparison replaced.</summary>
    /// <exception cref="ArgumentException">The filter is nested deeper than a query may be.</exception>
    public static Filter Replace(Filter filter, Func<Filter, Filter> condition, int depth = 1)
    {
        if (depth > QueryValidator.MaxDepth)
            throw new ArgumentException($"Filter is nested deeper than {QueryValidator.MaxDepth}.");
        return filter switch
        {
            Filter.AllOf all => new Filter.AllOf([.. all.Terms.Select(t => Replace(t, condition, depth + 1))]),
            Filter.AnyOf any => new Filter.AnyOf([.. any.Terms.Select(t => Replace(t, condition, depth + 1))]),
            Filter.Negation negation => new Filter.Negation(Replace(negation.Term, condition, depth + 1)),
            _ => condition(filter),
        };
    }

    /// <summary>Whether a filter asks for an operand.</summary>
    public static bool Mentions(Filter filter, Operand operand)
    {
        var found = false;
        Replace(filter, condition =>
        {
            found |= operand == condition switch
            {
                Filter.Compare compare => compare.Left,
                Filter.OneOf oneOf => oneOf.Left,
                Filter.IsMissing missing => missing.Left,
                _ => null,
            };
            return condition;
        });
        return found;
    }
}

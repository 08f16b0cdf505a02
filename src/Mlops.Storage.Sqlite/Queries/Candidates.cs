namespace Mlops.Storage.Sqlite;

/// <summary>
/// All records, of whatever kind, that a filter may match, where indexes show that they are few; then it is faster to look at each
/// of them than to walk all records in order.
/// </summary>
/// <param name="session">The session.</param>
/// <param name="most">From so many on they are not few.</param>
/// <param name="cancellationToken">Cancels the search.</param>
internal sealed class Candidates(Session session, long most, CancellationToken cancellationToken)
{
    /// <summary>The records that all these terms may match; null if they are not known to be few.</summary>
    public HashSet<long>? Find(IEnumerable<Filter> terms)
    {
        HashSet<long>? fewest = null;
        foreach (var term in terms.OrderBy(NeedsScan))
        {
            if (fewest is not null && NeedsScan(term))
                break;
            if (Find(term) is { } found && (fewest is null || found.Count < fewest.Count))
                fewest = found;
        }

        return fewest;
    }

    private HashSet<long>? Find(Filter term) => term switch
    {
        Filter.AllOf all => Find(all.Terms),
        Filter.AnyOf any => Union(any.Terms),
        _ => Read(term),
    };

    private HashSet<long>? Union(IReadOnlyList<Filter> terms)
    {
        HashSet<long> union = [];
        foreach (var term in terms.OrderBy(NeedsScan))
        {
            if (Find(term) is not { } found)
                return null;
            union.UnionWith(found);
            if (union.Count >= most)
                return null;
        }

        return union;
    }

    private HashSet<long>? Read(Filter term)
    {
        var parameters = new QueryParameters();
        if (new FilterCompiler(session, parameters, "").Driver(term) is not { } hits)
            return null;
        // one row tells that they are many, without a call for each of them; a scan is not worth doing twice
        if (!NeedsScan(term) && (session.Unselective.Contains(term) || IsLong(hits, parameters)))
        {
            session.Unselective.Add(term);
            return null;
        }

        var statement = session.Query($"{hits} LIMIT {parameters.Add(most)}");
        parameters.BindTo(statement);
        using var rows = statement.Query();
        HashSet<long> found = [];
        var count = 0L;
        for (; rows.Read(); count++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            found.Add(rows.Int64(0));
        }

        return count < most ? found : null;
    }

    private bool IsLong(string hits, QueryParameters parameters)
    {
        var statement = session.Query($"{hits} LIMIT 1 OFFSET {parameters.Add(Math.Max(0, most - 1))}");
        parameters.BindTo(statement);
        using var rows = statement.Query();
        return rows.Read();
    }

    /// <summary>Whether all values of a name must be read.</summary>
    private static bool NeedsScan(Filter term) => term switch
    {
        Filter.Compare { Operator: FilterOperator.Like or FilterOperator.LikeIgnoreCase } => true,
        Filter.AllOf all => all.Terms.All(NeedsScan),
        Filter.AnyOf any => any.Terms.Any(NeedsScan),
        _ => false,
    };
}

using SQLitePCL;

namespace Mlops.Storage.Sqlite;

/// <summary>Runs a query: finds a page of records, then loads them with statements that stay compiled.</summary>
internal static class QueryRunner
{
    // below about this many hits it is faster to start from an index of the filter than to walk all records of the kind
    private const long FewHits = 2_000;

    public static RecordPage Run(Session session, RecordQuery query, CancellationToken cancellationToken)
    {
        session.Functions.Clear();
        var cursor = QueryCursor.Of(query);
        if (session.Names.Find(query.Kind) is not { } kind)
            return new RecordPage([], null);

        var parameters = new QueryParameters();
        var filters = new FilterCompiler(session, parameters);
        var keys = query.OrderBy.Select((order, i) => SortKey.Of(order, i, filters)).ToList();
        var conditions = $"r.kind = {parameters.Add(kind)} AND r.purged = 0";
        var driver = query.Filter is { } filter ? FindDriver(session, filter) is { } term ? filters.Driver(term) : null : null;
        if (query.Filter is not null)
            conditions += $" AND {filters.Compile(query.Filter)}";
        var source = driver is null ? "records r" : $"(SELECT DISTINCT rec FROM ({driver})) d CROSS JOIN records r ON r.rec = d.rec";
        var columns = string.Concat(keys.Select((key, i) => FormattableString.Invariant($", {key.Class} AS c{i}, {key.Value} AS v{i}")));
        var sql = $"SELECT * FROM (SELECT r.rec AS rec, r.id AS id{columns} FROM {source}{string.Concat(keys.Select(k => k.Join))} WHERE {conditions})";
        if (cursor is not null)
            sql += $" WHERE {After(cursor, keys, parameters)}";
        sql += $" ORDER BY {string.Concat(keys.Select(OrderBy))}id DESC LIMIT {parameters.Add(query.Limit + 1L)}";

        List<long> found = [];
        string? next = null;
        using (var statement = new Statement(session, sql))
        {
            parameters.BindTo(statement);
            using var rows = statement.Query();
            QueryCursor? last = null;
            while (rows.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (found.Count == query.Limit)
                {
                    next = last!.Format(query);
                    break;
                }

                found.Add(rows.Int64(0));
                if (found.Count == query.Limit)
                    last = EndAt(rows, keys.Count);
            }
        }

        return new PageLoader(session, query.Select).Load(found, next);
    }

    /// <summary>The term with the fewest hits, if they are few; counting stops where they no longer are.</summary>
    private static Filter? FindDriver(Session session, Filter filter)
    {
        var best = FewHits;
        Filter? driver = null;
        foreach (var term in filter is Filter.AllOf all ? all.Terms : [filter])
        {
            var parameters = new QueryParameters();
            if (new FilterCompiler(session, parameters).Driver(term) is not { } hits)
                continue;
            using var statement = new Statement(session, $"SELECT count(*) FROM ({hits} LIMIT {parameters.Add(best)})");
            parameters.BindTo(statement);
            using var rows = statement.Query();
            if (rows.Read() && rows.Int64(0) < best)
            {
                best = rows.Int64(0);
                driver = term;
            }
        }

        return driver;
    }

    private static QueryCursor EndAt(Rows rows, int count)
    {
        var keys = new (long, object?)[count];
        for (var i = 0; i < count; i++)
        {
            var value = 3 + (i * 2);
            keys[i] = rows.IsNull(value - 1) ? (0L, null) : (rows.Int64(value - 1), ReadSortValue(rows, value));
        }

        return new QueryCursor(rows.Id(1), keys);
    }

    private static object ReadSortValue(Rows rows, int column) => rows.Type(column) switch
    {
        raw.SQLITE_INTEGER => rows.Int64(column),
        raw.SQLITE_FLOAT => rows.Number(column),
        raw.SQLITE_TEXT => rows.Text(column),
        _ => rows.Bytes(column).Length == RecordId.SizeBytes ? rows.Id(column) : rows.Digest(column),
    };

    private static string OrderBy(SortKey key, int index)
    {
        var direction = key.Descending ? " DESC" : "";
        return FormattableString.Invariant($"c{index} IS NULL, c{index}{direction}, v{index}{direction}, ");
    }

    /// <summary>What comes after the cursor: equal in the first keys and behind it in the next.</summary>
    private static string After(QueryCursor cursor, List<SortKey> keys, QueryParameters parameters)
    {
        List<string> cases = [];
        var equal = "";
        for (var i = 0; i < keys.Count; i++)
        {
            var (rank, value) = cursor.Keys[i];
            if (value is null)
            {
                // nothing comes after a missing value but other missing ones
                equal += FormattableString.Invariant($"c{i} IS NULL AND ");
                continue;
            }

            var op = keys[i].Descending ? "<" : ">";
            var place = parameters.Add(rank);
            var constant = parameters.Add(value);
            cases.Add(FormattableString.Invariant(
                $"({equal}(c{i} IS NULL OR c{i} {op} {place} OR (c{i} = {place} AND v{i} {op} {constant})))"));
            equal += FormattableString.Invariant($"c{i} = {place} AND v{i} = {constant} AND ");
        }

        cases.Add($"({equal}id < {parameters.Add(cursor.Id)})");
        return $"({string.Join(" OR ", cases)})";
    }
}

using SQLitePCL;

namespace Mlops.Storage.Sqlite;

/// <summary>
/// Runs a query: finds a page of records, then loads them. There are three ways to find them: from a few candidates, along an
/// index that has the order, and through all records of the kind. All give the same answer, so the pages of a query may differ in it.
/// </summary>
internal sealed class QueryRunner
{
    private readonly Session _session;
    private readonly RecordQuery _query;
    private readonly long _kind;
    private readonly QueryCursor? _cursor;
    private readonly List<Filter> _terms;
    private readonly CancellationToken _cancellationToken;
    private readonly List<RecordHead> _found = [];
    private QueryCursor? _last;
    private bool _hasMore;

    private QueryRunner(Session session, RecordQuery query, long kind, QueryCursor? cursor, CancellationToken cancellationToken)
    {
        _session = session;
        _query = query;
        _kind = kind;
        _cursor = cursor;
        _terms = FilterTerms.Of(query.Filter);
        _cancellationToken = cancellationToken;
    }

    public static RecordPage Run(Session session, RecordQuery query, CancellationToken cancellationToken)
    {
        session.Functions.Clear();
        var cursor = QueryCursor.Of(query);
        if (session.Names.Find(query.Kind) is not { } kind)
            return new RecordPage([], null);
        var runner = new QueryRunner(session, query, kind, cursor, cancellationToken);
        runner.Find();
        return new PageLoader(session, query.Select).Load(runner._found, runner._hasMore ? runner._last!.Format(query) : null);
    }

    private void Find()
    {
        var parameters = new QueryParameters();
        var filters = new FilterCompiler(_session, parameters, "o0.rec");
        var walk = _query.OrderBy.Count == 0 ? null : OrderWalk.For(_session, _query.OrderBy[0], filters);
        var others = walk is null ? _terms : _terms.FindAll(term => !walk.Limits(term));
        if (new Candidates(_session, _session.FewHits, _cancellationToken).Find(others) is { } candidates)
        {
            FindIn(candidates, _cursor);
        }
        else if (walk is null)
        {
            FindIn(null, _cursor);
        }
        else
        {
            // behind the last value come the records that have none
            var isBehind = _cursor is not null && _cursor.Keys[0].Value is null;
            if (!isBehind)
                FindAlong(walk, parameters, filters);
            if (!_hasMore && walk.MayMiss(_session, _terms))
                FindIn(null, isBehind ? _cursor : null, "c0 IS NULL");
        }
    }

    /// <summary>Sorts what matches of some records, or of all.</summary>
    private void FindIn(HashSet<long>? candidates, QueryCursor? cursor, string condition = "1")
    {
        var parameters = new QueryParameters();
        var filters = new FilterCompiler(_session, parameters, "r.rec");
        var source = candidates is null
            ? "records r"
            : $"json_each({parameters.Add($"[{string.Join(',', candidates)}]")}) d CROSS JOIN records r ON r.rec = d.value";
        var keys = _query.OrderBy.Select((order, i) => SortKey.Of(order, i, "r.rec", filters)).ToList();
        Read(
            $"SELECT {Columns(keys)} FROM {source}{Joins(keys)} "
            + $"WHERE {Conditions(parameters)} AND {filters.InOrder(_terms)} AND {condition} AND {After(cursor, keys, parameters)} "
            + $"ORDER BY {string.Concat(keys.Select(OrderBy))}r.id DESC LIMIT {parameters.Add(Wanted)}",
            parameters,
            keys.Count);
    }

    /// <summary>Reads an index in its order from the cursor on; each condition is tried as soon as the index is read.</summary>
    private void FindAlong(OrderWalk walk, QueryParameters parameters, FilterCompiler filters)
    {
        var others = _terms.Where(term => !walk.Limits(term) && !walk.Implies(term)).ToList();
        List<SortKey> keys = [walk.Key, .. _query.OrderBy.Skip(1).Select((order, i) => SortKey.Of(order, i + 1, "o0.rec", filters))];
        var conditions = string.Concat(_terms.Where(walk.Limits).Select(term => $" AND {filters.Matches((Filter.Compare)term, walk.Key.Value)}"));
        if (_cursor is not null)
            conditions += $" AND {walk.Key.Value} {(walk.Key.Descending ? "<=" : ">=")} {parameters.Add(_cursor.Keys[0].Value!)}";
        Read(
            $"SELECT {Columns(keys)} FROM {walk.Source} CROSS JOIN records r ON r.rec = o0.rec{Joins(keys)} "
            + $"WHERE {walk.Where}{conditions} AND {filters.InOrder(others.Where(term => !FilterTerms.NeedRecord(term)))} "
            + $"AND {Conditions(parameters)} AND {filters.InOrder(others.Where(FilterTerms.NeedRecord))} AND {After(_cursor, keys, parameters)} "
            + $"ORDER BY v0{Direction(keys[0])}, {string.Concat(keys.Select(OrderBy).Skip(1))}r.id DESC LIMIT {parameters.Add(Wanted)}",
            parameters,
            keys.Count);
    }

    // one more than the page shows whether there is another
    private long Wanted => _query.Limit + 1L - _found.Count;

    private void Read(string sql, QueryParameters parameters, int keys)
    {
        var statement = _session.Query(sql);
        parameters.BindTo(statement);
        using var rows = statement.Query();
        while (rows.Read())
        {
            _cancellationToken.ThrowIfCancellationRequested();
            if (_hasMore = _found.Count == _query.Limit)
                break;
            _found.Add(new RecordHead(
                rows.Int64(0), rows.Id(1), _query.Kind, rows.TextOrNull(2), rows.Int64(3), rows.Int64(4), rows.TextOrNull(5), Purged: false));
            if (_found.Count == _query.Limit)
                _last = EndAt(rows, keys);
        }
    }

    private string Conditions(QueryParameters parameters) => $"r.kind = {parameters.Add(_kind)} AND r.purged = 0";

    private static string Columns(List<SortKey> keys) =>
        "r.rec, r.id, r.key, r.revision, r.created, r.sealed" + string.Concat(keys.Select((key, i) => FormattableString.Invariant($", {key.Class} AS c{i}, {key.Value} AS v{i}")));

    private static string Joins(List<SortKey> keys) => string.Concat(keys.Select(key => key.Join));

    private static QueryCursor EndAt(Rows rows, int count)
    {
        var keys = new (long, object?)[count];
        for (var i = 0; i < count; i++)
        {
            var value = 7 + (i * 2);
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
        var direction = Direction(key);
        return FormattableString.Invariant($"c{index} IS NULL, c{index}{direction}, v{index}{direction}, ");
    }

    private static string Direction(SortKey key) => key.Descending ? " DESC" : "";

    /// <summary>What comes after the cursor: equal in the first keys and behind it in the next.</summary>
    private static string After(QueryCursor? cursor, List<SortKey> keys, QueryParameters parameters)
    {
        if (cursor is null)
            return "1";
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

        cases.Add($"({equal}r.id < {parameters.Add(cursor.Id)})");
        return $"({string.Join(" OR ", cases)})";
    }
}

using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// The statement that finds a page, and one record more if there is another page: sorting all that matches, or walking along an
/// index. Where a walk fills the page, both give the same answer, so the pages of a query may differ in it.
/// </summary>
internal sealed class PageStatement
{
    // a walk looks up few rows at a time, whatever the server believes
    private const string WalkSettings =
        "SELECT set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true), set_config('join_collapse_limit', '1', true), "
        + "set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), "
        + "set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true)";

    // the server compiles what it believes to take long, which takes longer
    private const string SortSettings = "SELECT set_config('jit', 'off', true)";

    private readonly RecordQuery _query;
    private readonly QueryCursor? _cursor;
    private readonly QueryParameters _parameters = new();
    private readonly FilterCompiler _filters;
    private readonly List<SortKey> _keys;
    private readonly List<Filter> _terms;
    private readonly string _conditions;

    private PageStatement(NameCache names, RecordQuery query, QueryCursor? cursor)
    {
        _query = query;
        _cursor = cursor;
        _filters = new FilterCompiler(names, _parameters);
        _keys = [.. query.OrderBy.Select((order, i) => SortKey.Of(order, i, _filters))];
        _terms = FilterTerms.Of(query.Filter);
        _conditions = $"r.kind = {_filters.Name(query.Kind)} AND NOT r.purged";
    }

    private string Sql { get; set; } = "";

    // what goes before it in its transaction
    private string? Settings { get; init; }

    public static PageStatement Sorting(Database database, RecordQuery query, QueryCursor? cursor)
    {
        var page = new PageStatement(database.Names, query, cursor) { Settings = database.IsPostgreSql ? SortSettings : null };
        page.Sql = page.Compile("mlops.records r", page._terms);
        return page;
    }

    /// <summary>A walk of so many entries, and those equal to the last; null if no index has the order.</summary>
    public static PageStatement? Walking(Database database, RecordQuery query, QueryCursor? cursor, long length)
    {
        var page = new PageStatement(database.Names, query, cursor) { Settings = WalkSettings };
        var filters = new FilterCompiler(database.Names, page._parameters, "w.record", isWalk: true);
        if (OrderWalk.For(query, cursor, filters) is not { } walk)
            return null;
        page._keys[0] = walk.Key;
        var direction = walk.Key.Descending ? " DESC" : "";
        var entries = walk.Entries + string.Concat(page._terms.Where(walk.Limits).Select(term => $" AND {filters.Matches((Filter.Compare)term, walk.Value)}"));
        if (cursor is not null)
            entries += $" AND {walk.Value} {(walk.Key.Descending ? "<=" : ">=")} {page._parameters.Add(walk.Key.Place(cursor.Keys[0].Value!).Value)}";
        entries += $" ORDER BY value{direction} FETCH FIRST ({page._parameters.Add(Args.Of(length))}) ROWS WITH TIES";

        // as one condition the terms are tried in their order, and OFFSET 0 has them tried before anything is joined
        var others = page._terms.Where(term => !walk.Limits(term)).ToLookup(FilterCompiler.NeedsRecord);
        var marks = walk.HasMarks ? MarkTerms.Compile(others[false], "w", page._parameters) : [];
        page.Sql = page.Compile(
            $"(SELECT w.record, w.value FROM ({entries}) w WHERE ({string.Join(" AND ", [.. marks, filters.All(others[false])])}) IS TRUE ORDER BY w.value{direction} OFFSET 0) w JOIN mlops.records r ON r.id = w.record",
            others[true]);
        return page;
    }

    public void AddTo(Round round)
    {
        if (Settings is not null)
            round.Add(Settings);
        round.Add(Sql, _parameters.ToArray());
    }

    /// <summary>Reads the page; the cursor of the next one is null at the end.</summary>
    public async Task<(List<FoundRecord> Found, string? Next)> ReadAsync(NpgsqlDataReader rows, CancellationToken cancellationToken)
    {
        if (Settings is not null)
            await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
        List<FoundRecord> found = [];
        QueryCursor? last = null;
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (found.Count == _query.Limit)
                return (found, last!.Format(_query));
            found.Add(FoundRecord.Read(rows));
            if (found.Count == _query.Limit)
                last = EndAt(rows);
        }

        return (found, null);
    }

    private string Compile(string source, IEnumerable<Filter> terms)
    {
        var columns = string.Concat(_keys.Select((key, i) =>
            FormattableString.Invariant($", {key.Class} AS c{i}") + string.Concat(key.Values.Select(v => $", {v.Value} AS {Name(i, v.Key)}"))));
        var sql = $"SELECT * FROM (SELECT {FoundRecord.Columns}{columns} FROM {source}{string.Concat(_keys.Select(k => k.Join))} WHERE {_conditions} AND {_filters.All(terms)}) q";
        if (_cursor is not null)
            sql += $" WHERE {After(_cursor)}";
        return sql + $" ORDER BY {string.Concat(_keys.Select(OrderBy))}id DESC LIMIT {_parameters.Add(Args.Of(_query.Limit + 1L))}";
    }

    private static string Name(int key, SortColumn column) => FormattableString.Invariant($"v{key}_{(int)column}");

    private static string OrderBy(SortKey key, int index)
    {
        var direction = key.Descending ? " DESC" : "";
        return FormattableString.Invariant($"c{index} IS NULL, c{index}{direction}, ")
            + string.Concat(key.Values.Keys.Select(column => $"{Name(index, column)}{direction}, "));
    }

    private QueryCursor EndAt(NpgsqlDataReader rows)
    {
        List<(long, object?)> values = [];
        var column = FoundRecord.Width;
        foreach (var key in _keys)
        {
            var rank = rows.Int64OrNull(column++) ?? 0;
            object? value = null;
            foreach (var sort in key.Values.Keys)
            {
                if (rank > 0 && !rows.IsDBNull(column))
                    value = SortKey.Read(rows, column, sort, rank);
                column++;
            }

            values.Add((rank, value));
        }

        return new QueryCursor(rows.Id(0), values);
    }

    /// <summary>What comes after the cursor: equal in the first keys and behind it in the next.</summary>
    private string After(QueryCursor cursor)
    {
        List<string> cases = [];
        var equal = "";
        for (var i = 0; i < _keys.Count; i++)
        {
            var (rank, value) = cursor.Keys[i];
            if (value is null)
            {
                // nothing comes after a missing value but other missing ones
                equal += FormattableString.Invariant($"c{i} IS NULL AND ");
                continue;
            }

            var op = _keys[i].Descending ? "<" : ">";
            var place = _parameters.Add(Args.Of(rank));
            var (column, parameter) = _keys[i].Place(value);
            var constant = _parameters.Add(parameter);
            cases.Add(FormattableString.Invariant(
                $"({equal}(c{i} IS NULL OR c{i} {op} {place} OR (c{i} = {place} AND {Name(i, column)} {op} {constant})))"));
            equal += FormattableString.Invariant($"c{i} = {place} AND {Name(i, column)} = {constant} AND ");
        }

        cases.Add($"({equal}id < {_parameters.Add(Args.Of(cursor.Id))})");
        return $"({string.Join(" OR ", cases)})";
    }
}

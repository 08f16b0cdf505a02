using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>Runs a query: finds a page of records, then loads them in the same transaction.</summary>
internal sealed class QueryRunner(Database database, NpgsqlConnection connection)
{
    private readonly QueryParameters _parameters = new();

    public async Task<RecordPage> RunAsync(RecordQuery query, QueryCursor? cursor, CancellationToken cancellationToken)
    {
        var names = query.OrderBy.SelectMany(o => FilterCompiler.Names(o.By)).Append(query.Kind);
        if (query.Filter is { } filter)
            names = names.Concat(FilterCompiler.Names(filter));
        await database.Names.LoadAsync(database, connection, names, cancellationToken).ConfigureAwait(false);
        if (database.Names.Find(query.Kind) < 0)
            return new RecordPage([], null);

        var (found, next) = await FindAsync(query, cursor, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<SeriesInfo> series = query.Select.Series.Count == 0
            ? []
            : await SeriesList.ReadAsync(database, connection, found, cancellationToken).ConfigureAwait(false);
        var round = new Round(database, connection);
        await using (round.ConfigureAwait(false))
        {
            var records = await RecordReader.LoadAsync(round, found, cancellationToken).ConfigureAwait(false);
            return new RecordPage([.. found.Select(id => Project(records[id], query.Select))], next)
            {
                Series = [.. series.Where(s => query.Select.HasSeries(s.Name))],
            };
        }
    }

    private static RecordSnapshot Project(RecordSnapshot record, RecordProjection select) => record with
    {
        Body = select.Body ? record.Body : default,
        Fields = record.Fields.Where(f => select.HasField(f.Key)).ToDictionary(StringComparer.Ordinal),
        Conflicts = [.. record.Conflicts.Where(c => select.HasField(c.Field))],
    };

    private async Task<(List<RecordId> Found, string? Next)> FindAsync(RecordQuery query, QueryCursor? cursor, CancellationToken cancellationToken)
    {
        var filters = new FilterCompiler(database.Names, _parameters);
        var keys = query.OrderBy.Select((order, i) => SortKey.Of(order, i, filters)).ToList();
        List<RecordId> found = [];
        string? next = null;
        var round = Round.OfReading(database, connection);
        await using (round.ConfigureAwait(false))
        {
            var sql = Compile(query, cursor, keys, filters);
            round.Add(sql, _parameters.ToArray());
            var rows = await round.ReadAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
            {
                QueryCursor? last = null;
                while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    if (found.Count == query.Limit)
                    {
                        next = last!.Format(query);
                        break;
                    }

                    found.Add(rows.Id(0));
                    if (found.Count == query.Limit)
                        last = EndAt(rows, keys);
                }
            }
        }

        return (found, next);
    }

    private string Compile(RecordQuery query, QueryCursor? cursor, List<SortKey> keys, FilterCompiler filters)
    {
        var columns = string.Concat(keys.Select((key, i) =>
            FormattableString.Invariant($", {key.Class} AS c{i}") + string.Concat(key.Values.Select(v => $", {v.Value} AS {Name(i, v.Key)}"))));
        var conditions = $"r.kind = {_parameters.AddName(database.Names.Find(query.Kind))} AND NOT r.purged";
        if (query.Filter is not null)
            conditions += $" AND {filters.Compile(query.Filter)}";
        var sql = $"SELECT * FROM (SELECT r.id AS id{columns} FROM mlops.records r{string.Concat(keys.Select(k => k.Join))} WHERE {conditions}) q";
        if (cursor is not null)
            sql += $" WHERE {After(cursor, keys)}";
        return sql + $" ORDER BY {string.Concat(keys.Select(OrderBy))}id DESC LIMIT {_parameters.Add(Args.Of(query.Limit + 1L))}";
    }

    private static string Name(int key, SortColumn column) => FormattableString.Invariant($"v{key}_{(int)column}");

    private static string OrderBy(SortKey key, int index)
    {
        var direction = key.Descending ? " DESC" : "";
        return FormattableString.Invariant($"c{index} IS NULL, c{index}{direction}, ")
            + string.Concat(key.Values.Keys.Select(column => $"{Name(index, column)}{direction}, "));
    }

    private static QueryCursor EndAt(NpgsqlDataReader rows, List<SortKey> keys)
    {
        List<(long, object?)> values = [];
        var column = 1;
        foreach (var key in keys)
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
    private string After(QueryCursor cursor, List<SortKey> keys)
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
            var place = _parameters.Add(Args.Of(rank));
            var (column, parameter) = keys[i].Place(value);
            var constant = _parameters.Add(parameter);
            cases.Add(FormattableString.Invariant(
                $"({equal}(c{i} IS NULL OR c{i} {op} {place} OR (c{i} = {place} AND {Name(i, column)} {op} {constant})))"));
            equal += FormattableString.Invariant($"c{i} = {place} AND {Name(i, column)} = {constant} AND ");
        }

        cases.Add($"({equal}id < {_parameters.Add(Args.Of(cursor.Id))})");
        return $"({string.Join(" OR ", cases)})";
    }
}

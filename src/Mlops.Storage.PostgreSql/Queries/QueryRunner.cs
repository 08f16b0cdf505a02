using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Runs a query: finds a page of records, then loads in the same transaction what is asked of them. Ids alone take one round trip.
/// </summary>
internal sealed class QueryRunner(Database database, NpgsqlConnection connection, RecordQuery query, QueryCursor? cursor)
{
    // a page of one record is worth a longer walk than its share
    private const int MoreRecords = 20;

    private readonly PageLoader _loader = new(database, connection, query.Select);
    private bool _inTransaction;

    // a walk that fails costs little beside the sorting, and none fails where more than every fiftieth record matches
    private long WalkLength => (long)database.Options.WalkedForOne * (query.Limit + MoreRecords);

    public async Task<RecordPage> RunAsync(CancellationToken cancellationToken)
    {
        var names = query.OrderBy.SelectMany(o => FilterCompiler.Names(o.By)).Append(query.Kind);
        if (query.Filter is { } filter)
            names = names.Concat(FilterCompiler.Names(filter));
        await database.Names.LoadAsync(database, connection, names, cancellationToken).ConfigureAwait(false);
        var (found, next) = await FindAsync(cancellationToken).ConfigureAwait(false);
        return _loader.HasWork
            ? await _loader.LoadAsync(found.ConvertAll(f => f.Id), next, cancellationToken).ConfigureAwait(false)
            : new RecordPage(found.ConvertAll(f => f.ToSnapshot(query.Kind)), next);
    }

    /// <summary>Walks if an index has the order, and sorts all that matches if the walk did not fill the page.</summary>
    private async Task<(List<FoundRecord> Found, string? Next)> FindAsync(CancellationToken cancellationToken)
    {
        if (database.IsPostgreSql && PageStatement.Walking(database, query, cursor, WalkLength) is { } walking)
        {
            var page = await FindAsync(walking, cancellationToken).ConfigureAwait(false);
            if (page.Next is not null)
                return page;
        }

        return await FindAsync(PageStatement.Sorting(database, query, cursor), cancellationToken).ConfigureAwait(false);
    }

    private Task<(List<FoundRecord> Found, string? Next)> FindAsync(PageStatement page, CancellationToken cancellationToken)
    {
        var round = new Round(database, connection);

        // settings end with their transaction
        if (_inTransaction)
            round.Commit();
        if (_inTransaction = _loader.HasWork)
            round.BeginReading();
        page.AddTo(round);
        return round.ReadAsync(rows => page.ReadAsync(rows, cancellationToken), cancellationToken);
    }
}

using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>Loads of records what a projection names, in one round trip, and reads no table that it does not need.</summary>
internal sealed class PageLoader(Database database, NpgsqlConnection connection, RecordProjection select)
{
    // a walk has switched it off, and names are best hashed
    private const string Settings = "SELECT set_config('enable_hashjoin', 'on', true)";

    public bool HasWork => select.Body || select.Fields.Count > 0 || select.Series.Count > 0;

    /// <summary>Loads in the transaction that found the records, and ends it.</summary>
    public Task<RecordPage> LoadAsync(List<RecordId> ids, string? next, CancellationToken cancellationToken)
    {
        var round = new Round(database, connection);
        if (database.IsPostgreSql)
            round.Add(Settings);
        RecordReader.Add(round, "$1", () => [Args.All(ids)], select);
        if (select.Series.Count > 0)
            SeriesList.Add(round, ids, new NameSelection(select.Series));
        return round.Commit().ReadAsync(
            async rows =>
            {
                if (database.IsPostgreSql)
                    await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
                var records = await RecordReader.TakeAsync(rows, select, cancellationToken).ConfigureAwait(false);
                return new RecordPage(ids.ConvertAll(id => records[id]), next)
                {
                    Series = select.Series.Count > 0 ? await SeriesList.TakeAsync(rows, ids, cancellationToken).ConfigureAwait(false) : [],
                };
            },
            cancellationToken);
    }
}

using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Shows everything that is stored to a <see cref="StoreAudit"/>, all of it in one transaction, some records at a time. The
/// server checks its own pages when data checksums are on.
/// </summary>
internal sealed class Verification(Database database, NpgsqlConnection connection, CancellationToken cancellationToken)
{
    private const int RecordsTogether = 200;

    private readonly StoreAudit _audit = new();

    public async Task<VerificationReport> RunAsync(Checkpoint? checkpoint)
    {
        long logged = 0;
        await Round.OfReading(database, connection).Unhurried().Add("SELECT count(*) FROM mlops.log")
            .ReadRowsAsync(cancellationToken, row => logged = row.GetInt64(0)).ConfigureAwait(false);
        for (var after = new RecordId(0); await CheckSomeAsync(after).ConfigureAwait(false) is { } last;)
            after = last;
        bool? matches = checkpoint is null
            ? null
            : await LogReader.ReadRootAsync(database, connection, checkpoint.Position, cancellationToken).ConfigureAwait(false) == checkpoint.Root;
        return _audit.ToReport(logged, matches);
    }

    private async Task<RecordId?> CheckSomeAsync(RecordId after)
    {
        var page = new VerificationPage();
        var round = new Round(database, connection).Unhurried();
        VerificationPage.Add(round, after, RecordsTogether);
        await page.ReadAsync(round, cancellationToken).ConfigureAwait(false);
        foreach (var id in page.Ids)
        {
            try
            {
                var row = page.Check(_audit, id);
                foreach (var (number, name, series) in page.SeriesOf(id))
                    await CheckSeriesAsync(_audit.Check(row, name), id, number, series).ConfigureAwait(false);
            }
            catch (IntegrityException e)
            {
                _audit.Note(id, e);
            }
        }

        return page.Ids.Count == RecordsTogether ? page.Ids[^1] : null;
    }

    private async Task CheckSeriesAsync(SeriesAudit audit, RecordId record, long name, SeriesRow series)
    {
        await new Round(database, connection).Unhurried()
            .Add(
                "SELECT s.position, s.count, s.first_step, s.last_step, s.stats, c.data FROM mlops.chunk_stats s "
                + "LEFT JOIN mlops.chunks c ON c.record = s.record AND c.name = s.name AND c.chunk = s.chunk "
                + "WHERE s.record = $1 AND s.name = $2 AND s.chunk < $3 ORDER BY s.chunk",
                Args.Of(record),
                Args.Of(name),
                Args.Of(series.Chunks))
            .Add(
                "SELECT $3 - count, count, first_step, last_step, stats, data FROM mlops.tails WHERE record = $1 AND name = $2",
                Args.Of(record),
                Args.Of(name),
                Args.Of(series.Summary.Count))
            .ReadRowsAsync(cancellationToken, row => Add(row, isFull: true), row => Add(row, isFull: false)).ConfigureAwait(false);
        audit.End(series.Summary, series.Chunks);

        void Add(NpgsqlDataReader row, bool isFull) => audit.Add(
            new SeriesPlace(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)), row.Bytes(4), row.BytesOrNull(5), isFull);
    }
}

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
        var begin = Round.OfReading(database, connection).Unhurried().Add("SELECT count(*) FROM mlops.log");
        long logged;
        await using (begin.ConfigureAwait(false))
        {
            var rows = await begin.ReadAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
            {
                await rows.ReadAsync(cancellationToken).ConfigureAwait(false);
                logged = rows.GetInt64(0);
            }
        }

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
        await using (round.ConfigureAwait(false))
        {
            VerificationPage.Add(round, after, RecordsTogether);
            var rows = await round.ReadAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
                await page.ReadAsync(rows, cancellationToken).ConfigureAwait(false);
        }

        foreach (var row in page.Records)
        {
            try
            {
                page.Check(_audit, row);
                foreach (var (number, name, series) in page.SeriesOf(row.Id))
                    await CheckSeriesAsync(_audit.Check(row, name), row.Id, number, series).ConfigureAwait(false);
            }
            catch (IntegrityException e)
            {
                _audit.Note(row.Id, e);
            }
        }

        return page.Records.Count == RecordsTogether ? page.Records[^1].Id : null;
    }

    private async Task CheckSeriesAsync(SeriesAudit audit, RecordId record, long name, SeriesRow series)
    {
        var round = new Round(database, connection).Unhurried()
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
                Args.Of(series.Summary.Count));
        await using (round.ConfigureAwait(false))
        {
            var rows = await round.ReadAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
            {
                await AddAsync(isFull: true).ConfigureAwait(false);
                await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
                await AddAsync(isFull: false).ConfigureAwait(false);
            }

            async Task AddAsync(bool isFull)
            {
                while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    var place = new SeriesPlace(rows.GetInt64(0), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3));
                    audit.Add(place, rows.Bytes(4), rows.BytesOrNull(5), isFull);
                }
            }
        }

        audit.End(series.Summary, series.Chunks);
    }
}

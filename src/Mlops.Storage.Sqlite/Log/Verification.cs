namespace Mlops.Storage.Sqlite;

/// <summary>Shows everything that is stored to a <see cref="StoreAudit"/>, all of it in one transaction.</summary>
internal sealed class Verification(Session session, CancellationToken cancellationToken)
{
    private readonly StoreAudit _audit = new();

    public VerificationReport Run(Checkpoint? checkpoint)
    {
        CheckFile();
        using (var all = new Statement(session, "SELECT rec, id FROM records ORDER BY rec"))
        {
            using var rows = all.Query();
            while (rows.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                CheckRecord(rows.Int64(0), rows.Bytes(1).Length == RecordId.SizeBytes ? rows.Id(1) : default);
            }
        }

        bool? matches = checkpoint is null ? null : session.Log.RootAt(checkpoint.Position) == checkpoint.Root;
        return _audit.ToReport(session.Scalar("SELECT count(*) FROM log")!.Value, matches);
    }

    private void CheckFile()
    {
        using var check = new Statement(session, "PRAGMA integrity_check");
        using var rows = check.Query();
        while (rows.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (rows.Text(0) is var line && line != "ok")
                _audit.Note($"File: {line}");
        }
    }

    private void CheckRecord(long number, RecordId id)
    {
        try
        {
            var row = session.Records.Find(number)!;
            var chain = session.Log.ReadAudited(row.Number);
            _audit.Check(row, chain);
            if (session.Records.FindBody(row.Number, out var bodyEntry) is { } body)
                _audit.CheckBody(row, chain, bodyEntry, body);
            foreach (var (name, entry, values) in session.Fields.LoadEntries(row.Number))
                _audit.CheckField(row, chain, entry, name, values);
            foreach (var series in session.Series.List(row.Number))
                CheckSeries(_audit.Check(row, session.Names.Get(series.Name)), series);
        }
        catch (IntegrityException e)
        {
            _audit.Note(id, e);
        }
    }

    private void CheckSeries(SeriesAudit audit, SeriesRow series)
    {
        session.Series.ReadStatistics(series, rows =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            audit.Add(SeriesTable.Place(rows), rows.Bytes(5), session.Series.FindChunk(rows.Int64(0)), isFull: true);
        });
        if (session.Series.FindTail(series) is { } tail)
            audit.Add(tail.Place, tail.Statistics, tail.Data, isFull: false);
        audit.End(series.Summary, series.Chunks);
    }
}

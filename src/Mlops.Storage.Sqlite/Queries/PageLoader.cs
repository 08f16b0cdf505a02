namespace Mlops.Storage.Sqlite;

/// <summary>Loads of records what a projection names, and reads no table that it does not need.</summary>
internal sealed class PageLoader(Session session, RecordProjection select)
{
    private readonly NameSelection _fields = new(session, select.HasField);
    private readonly NameSelection _series = new(session, select.HasSeries);

    public RecordPage Load(IReadOnlyList<long> recs, string? next)
    {
        var records = new RecordSnapshot[recs.Count];
        List<SeriesInfo> series = [];
        for (var i = 0; i < records.Length; i++)
        {
            var row = session.Records.Find(recs[i])!;
            records[i] = Load(row);
            if (select.Series.Count > 0)
                session.Series.List(row.Number, row.Id, _series, series);
        }

        return new RecordPage(records, next) { Series = series };
    }

    public RecordSnapshot Load(RecordRow row)
    {
        var hasFields = select.Fields.Count > 0;
        return new RecordSnapshot(
            row.Id,
            row.Kind,
            row.Key,
            row.Revision,
            Microseconds.ToTime(row.Created),
            row.Sealed is not null,
            row.Purged,
            select.Body ? session.Records.FindBody(row.Number, out _) ?? [] : [],
            hasFields ? session.Fields.LoadAll(row.Number, _fields) : [],
            hasFields ? session.Fields.LoadConflicts(row.Number, row.Id, _fields) : [])
        {
            Seal = row.Sealed?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [],
        };
    }
}

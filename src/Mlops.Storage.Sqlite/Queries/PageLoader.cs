namespace Mlops.Storage.Sqlite;

/// <summary>Loads of records what a projection names, and reads no table that it does not need.</summary>
internal sealed class PageLoader(Session session, RecordProjection select)
{
    private static readonly Dictionary<string, IReadOnlyList<FieldValue>> NoFields = [];
    private readonly NameSelection _fields = new(session, select.HasField);
    private readonly NameSelection _series = new(session, select.HasSeries);
    private (string? Text, IReadOnlyList<string> Patterns) _seal = (null, []);

    public RecordPage Load(IReadOnlyList<RecordHead> heads, string? next)
    {
        var records = new RecordSnapshot[heads.Count];
        List<SeriesInfo> series = [];
        for (var i = 0; i < records.Length; i++)
        {
            records[i] = Load(heads[i]);
            if (select.Series.Count > 0)
                session.Series.List(heads[i].Number, heads[i].Id, _series, series);
        }

        return new RecordPage(records, next) { Series = series };
    }

    public RecordSnapshot Load(RecordHead head)
    {
        var hasFields = select.Fields.Count > 0;
        return new RecordSnapshot(
            head.Id,
            head.Kind,
            head.Key,
            head.Revision,
            Microseconds.ToTime(head.Created),
            head.Sealed is not null,
            head.Purged,
            select.Body ? session.Records.FindBody(head.Number, out _) ?? [] : [],
            hasFields ? session.Fields.LoadAll(head.Number, _fields) : NoFields,
            hasFields ? session.Fields.LoadConflicts(head.Number, head.Id, _fields) : [])
        {
            Seal = Seal(head.Sealed),
        };
    }

    // the records of a page mostly have the same
    private IReadOnlyList<string> Seal(string? text)
    {
        if (text != _seal.Text)
            _seal = (text, text?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? []);
        return _seal.Patterns;
    }
}

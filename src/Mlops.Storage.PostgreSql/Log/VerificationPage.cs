using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>Some records with all that belongs to them but their points.</summary>
internal sealed class VerificationPage
{
    private readonly Dictionary<RecordId, List<(byte[] Entry, Digest Hash, byte[]? Salt)>> _chains = [];
    private readonly Dictionary<RecordId, (long Entry, byte[] Body)> _bodies = [];
    private readonly Dictionary<RecordId, List<(long Entry, string Name, List<FieldValue> Values)>> _fields = [];
    private readonly Dictionary<RecordId, List<(long Number, string Name, SeriesRow Row, FieldMarks Marks)>> _series = [];
    private readonly Dictionary<RecordId, RecordRow> _records = [];
    private readonly Dictionary<RecordId, FieldMarks> _marks = [];
    private readonly Dictionary<RecordId, (bool IsOfFields, IntegrityException Error)> _damages = [];

    /// <summary>The records, in order; those too that could not be read.</summary>
    public List<RecordId> Ids { get; } = [];

    /// <summary>Adds the statements for the records behind one.</summary>
    public static void Add(Round round, RecordId after, int most)
    {
        const string Page = "(SELECT id FROM mlops.records WHERE id > $1 ORDER BY id LIMIT $2) p";
        Add($"SELECT {StoredRecord.Columns} FROM {Page} JOIN mlops.records r ON r.id = p.id LEFT JOIN mlops.names k ON k.id = r.kind ORDER BY r.id");
        Add($"SELECT l.record, l.entry, l.hash, l.salt FROM {Page} JOIN mlops.log l ON l.record = p.id ORDER BY l.record, l.sequence");
        Add($"SELECT b.record, b.entry, b.body FROM {Page} JOIN mlops.bodies b ON b.record = p.id");
        Add($"SELECT f.record, n.name, f.entry, f.type, f.text, f.number, f.whole, f.bytes FROM {Page} "
            + "JOIN mlops.fields f ON f.record = p.id JOIN mlops.names n ON n.id = f.name ORDER BY f.record, f.name, f.ord");
        Add($"SELECT s.record, s.name, n.name, {SeriesRow.Columns}, s.marks_1, s.marks_2, s.marks_3 FROM {Page} JOIN mlops.series s ON s.record = p.id JOIN mlops.names n ON n.id = s.name");

        void Add(string sql) => round.Add(sql, Args.Of(after), Args.Of((long)most));
    }

    /// <summary>Reads what <see cref="Add"/> asked for. A row that cannot be read is a damage of its record alone.</summary>
    public Task ReadAsync(Round round, CancellationToken cancellationToken)
    {
        return round.ReadRowsAsync(
            cancellationToken,
            row =>
            {
                Ids.Add(row.Id(0));
                Keep(row, isOfFields: false, () =>
                {
                    var record = StoredRecord.Read(row);
                    _records[record.Id] = record.ToRow();
                    _marks[record.Id] = record.Marks;
                });
            },
            row => Keep(row, isOfFields: false, () => Of(_chains, row).Add((row.Bytes(1), row.Digest(2), row.BytesOrNull(3)))),
            row => _bodies[row.Id(0)] = (row.GetInt64(1), row.Bytes(2)),
            row => Keep(row, isOfFields: true, () =>
            {
                var fields = Of(_fields, row);
                if (fields is not [.., var last] || last.Name != row.GetString(1))
                    fields.Add(last = (row.GetInt64(2), row.GetString(1), []));
                last.Values.Add(FieldCells.Read(row, 3));
            }),
            row => Of(_series, row).Add((row.GetInt64(1), row.GetString(2), SeriesRow.Read(row, 3), FieldMarks.Read(row, 3 + SeriesRow.Width))));

        static List<T> Of<T>(Dictionary<RecordId, List<T>> lists, NpgsqlDataReader row)
        {
            if (!lists.TryGetValue(row.Id(0), out var list))
                lists.Add(row.Id(0), list = []);
            return list;
        }
    }

    /// <summary>Checks a record with all but its points.</summary>
    /// <exception cref="IntegrityException">Something of it could not be read.</exception>
    public RecordRow Check(StoreAudit audit, RecordId id)
    {
        var isDamaged = _damages.TryGetValue(id, out var damage);
        if (isDamaged && !damage.IsOfFields)
            throw damage.Error;
        var row = _records[id];
        var chain = _chains.GetValueOrDefault(id, []).ConvertAll(e => new ChainEntry(LogEntryCodec.Decode(e.Entry), e.Hash, e.Salt));
        audit.Check(row, chain);
        if (_bodies.TryGetValue(id, out var body))
            audit.CheckBody(row, chain, body.Entry, body.Body);
        if (isDamaged)
            throw damage.Error;
        foreach (var (entry, name, values) in _fields.GetValueOrDefault(id, []))
            audit.CheckField(row, chain, entry, name, values);
        CheckMarks(audit, id);
        return row;
    }

    public IEnumerable<(long Number, string Name, SeriesRow Row)> SeriesOf(RecordId record) =>
        _series.GetValueOrDefault(record, []).Select(s => (s.Number, s.Name, s.Row));

    private void CheckMarks(StoreAudit audit, RecordId record)
    {
        var marks = _fields.GetValueOrDefault(record, []).Aggregate(default(FieldMarks), (marks, field) => marks | FieldMarks.Of(field.Name, field.Values));
        if (!_marks[record].Contains(marks))
            audit.Note($"Record {record}: its marks lack some of its fields, so that a search may miss it.");
        foreach (var (_, name, _, found) in _series.GetValueOrDefault(record, []))
        {
            if (!found.Contains(_marks[record]))
                audit.Note($"Record {record}: series '{name}' lacks some of its marks, so that a search may miss it.");
        }
    }

    private void Keep(NpgsqlDataReader row, bool isOfFields, Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is IntegrityException or InvalidCastException)
        {
            // the first of a record says enough
            _damages.TryAdd(row.Id(0), (isOfFields, e as IntegrityException ?? new IntegrityException($"A row cannot be read: {e.Message} Restore it from a backup.", e)));
        }
    }
}

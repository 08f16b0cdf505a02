namespace Mlops.Storage.Sqlite;

/// <summary>
/// Answers the rules of a batch with statements of the writing session. Fields wait for the end of their batch, points for the
/// end of the transaction.
/// </summary>
internal sealed class SessionTables(Session session) : IBatchTables
{
    // from so many on, reading all fields of the record at once is cheaper than asking for each
    private const int ManyFields = 32;

    private readonly AppendBuffer _appends = new(session);
    private readonly FieldBuffer _fields = new(session);
    private Dictionary<string, IReadOnlyList<FieldValue>>? _all;
    private long _lastRec = -1;

    /// <summary>Begins a transaction.</summary>
    public void Begin()
    {
        _lastRec = -1;
        _fields.Clear();
        _appends.Begin();
    }

    /// <summary>Marks what was written so far as other batches', which <see cref="TakeBack"/> leaves alone.</summary>
    public void Mark() => _appends.Mark();

    /// <summary>Takes back what waits of a batch that failed.</summary>
    public void TakeBack()
    {
        _lastRec = -1;
        _fields.Clear();
        _appends.TakeBack();
    }

    /// <summary>Writes the records and fields of the batch that was applied.</summary>
    public void WriteFields() => _fields.Write();

    /// <summary>Writes the points of all batches so far; those of one series together.</summary>
    public void WriteAppends() => _appends.Write();

    public BatchResult? FindResult(BatchKey key) => session.Writers.FindResult(key);

    public long FindSequence(RecordId writer) => session.Writers.FindSequence(writer);

    public void StoreResult(BatchKey key, BatchResult result) => session.Writers.Store(key, result);

    public RecordRow? FindRecord(RecordId id) => session.Records.Find(id);

    public RecordRow? FindRecord(string kind, string key) => session.Records.Find(kind, key);

    public long NextRecordNumber()
    {
        if (_lastRec < 0)
            _lastRec = session.Records.LastRec();
        return ++_lastRec;
    }

    // a record with a key is looked up by it in the same batch, in the database
    public void InsertRecord(RecordRow row)
    {
        if (row.Key is null)
            _fields.Insert(row);
        else
            session.Records.Insert(row);
    }

    public void UpdateRecord(RecordRow row) => _fields.Update(row);

    public void PurgeRecord(RecordRow row)
    {
        _fields.Write();
        session.Records.DeleteBody(row.Number);
        session.Fields.DeleteAll(row.Number);
        session.Series.DeleteAll(row.Number);
        session.Shown.DeleteAll(row.Number);
        session.Cells.DeleteOwned(row.Number);
        session.Log.DeleteSalts(row.Number);
        session.Records.Purge(row);
    }

    public byte[]? FindBody(RecordRow row) => session.Records.FindBody(row.Number, out _);

    public void StoreBody(RecordRow row, ReadOnlyMemory<byte> body) => session.Records.SetBody(row.Number, row.Sequence, body.Span);

    public void Expect(RecordRow row, RecordChange change) =>
        _all = change.Fields.Count >= ManyFields && !_fields.IsUnwritten(row) ? session.Fields.LoadAll(row.Number) : null;

    public FieldValue[] FindField(RecordRow row, string name)
    {
        if (_fields.Find(row, name) is { } waiting)
            return [.. waiting];
        if (_fields.IsUnwritten(row))
            return [];
        if (_all is null)
            return session.Fields.Load(row.Number, session.Names.GetOrAdd(name));
        return _all.TryGetValue(name, out var values) ? [.. values] : [];
    }

    public void StoreField(RecordRow row, string name, int before, IReadOnlyList<FieldValue> values) =>
        _fields.Store(row, name, before, values);

    public IReadOnlyList<FieldConflict> ListConflicts(RecordRow row) => session.Fields.LoadConflicts(row.Number, row.Id);

    public void AddConflict(RecordRow row, FieldConflict conflict) => session.Fields.AddConflict(row.Number, conflict);

    public long NextNumber(string counter) => session.Counters.Next(counter);

    public void AppendEntry(RecordRow row, LogEntry entry, byte[] encoded, Digest hash, ReadOnlySpan<byte> salt) =>
        session.Log.Append(row.Number, entry, encoded, hash, salt);

    public bool TryAppend(RecordRow owner, string name, SeriesColumns points) =>
        _appends.TryAdd(owner.Number, session.Names.GetOrAdd(name), owner.IsOfTransaction, points);

    public long FindCellVersion(string key, long now) => session.Cells.FindVersion(key, now);

    public void StoreCell(CellWrite write, RecordRow? owner, long? expires) => session.Cells.Store(write, owner?.Number, expires);

    public void DeleteCell(string key) => session.Cells.Delete(key);

    public void DeleteExpiredCells(long now) => session.Cells.DeleteExpired(now);
}

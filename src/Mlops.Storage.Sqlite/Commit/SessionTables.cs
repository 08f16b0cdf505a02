namespace Mlops.Storage.Sqlite;

/// <summary>Answers the rules of a batch with statements of the writing session at once; only points wait.</summary>
internal sealed class SessionTables(Session session) : IBatchTables
{
    // from so many on, reading all fields of the record at once is cheaper than asking for each
    private const int ManyFields = 32;

    private readonly AppendBuffer _appends = new(session);
    private IReadOnlyDictionary<string, IReadOnlyList<FieldValue>>? _all;
    private long _lastRec = -1;

    /// <summary>Begins a transaction.</summary>
    public void Begin()
    {
        _lastRec = -1;
        _appends.Begin();
    }

    /// <summary>Marks what was written so far as other batches', which <see cref="TakeBack"/> leaves alone.</summary>
    public void Mark() => _appends.Mark();

    /// <summary>Takes back the points of a batch that failed.</summary>
    public void TakeBack()
    {
        _lastRec = -1;
        _appends.TakeBack();
    }

    /// <summary>Writes the points of all batches so far; those of one series together.</summary>
    public void WriteAppends() => _appends.Write();

    public BatchResult? FindResult(BatchKey key) => session.Writers.FindResult(key);

    public void StoreResult(BatchKey key, BatchResult result) => session.Writers.Store(key, result);

    public RecordRow? FindRecord(RecordId id) => session.Records.Find(id);

    public RecordRow? FindRecord(string kind, string key) => session.Records.Find(kind, key);

    public long NextRecordNumber()
    {
        if (_lastRec < 0)
            _lastRec = session.Records.LastRec();
        return ++_lastRec;
    }

    public void InsertRecord(RecordRow row) => session.Records.Insert(row);

    public void UpdateRecord(RecordRow row) => session.Records.Update(row);

    public void PurgeRecord(RecordRow row)
    {
        session.Records.DeleteBody(row.Number);
        session.Fields.DeleteAll(row.Number);
        session.Series.DeleteAll(row.Number);
        session.Cells.DeleteOwned(row.Number);
        session.Log.DeleteSalts(row.Number);
        session.Records.Purge(row);
    }

    public byte[]? FindBody(RecordRow row) => session.Records.FindBody(row.Number, out _);

    public void StoreBody(RecordRow row, ReadOnlyMemory<byte> body) => session.Records.SetBody(row.Number, row.Sequence, body.Span);

    public void Expect(RecordRow row, RecordChange change) =>
        _all = change.Fields.Count >= ManyFields ? session.Fields.LoadAll(row.Number) : null;

    public FieldValue[] FindField(RecordRow row, string name) =>
        _all is null ? session.Fields.Load(row.Number, session.Names.GetOrAdd(name))
        : _all.TryGetValue(name, out var values) ? [.. values]
        : [];

    public void StoreField(RecordRow row, string name, int before, IReadOnlyList<FieldValue> values) =>
        session.Fields.Store(row.Number, session.Names.GetOrAdd(name), before, values, row.Sequence);

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

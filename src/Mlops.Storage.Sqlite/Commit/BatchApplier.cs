namespace Mlops.Storage.Sqlite;

/// <summary>Applies batches to the open write transaction of a session. What fails leaves the rollback to the caller.</summary>
internal sealed class BatchApplier(Session session, TimeProvider time)
{
    private readonly Dictionary<RecordId, RecordRow?> _rows = [];
    private readonly AppendBuffer _appends = new(session);
    private long _lastRec = -1;

    /// <summary>Forgets what was read, and what waits to be appended, when a transaction begins.</summary>
    public void Begin()
    {
        Forget();
        _appends.Begin();
    }

    /// <summary>Marks what was applied so far as other batches', which <see cref="TakeBack"/> leaves alone.</summary>
    public void Mark() => _appends.Mark();

    /// <summary>Takes back a batch that failed: what was read since, and its points.</summary>
    public void TakeBack()
    {
        Forget();
        _appends.TakeBack();
    }

    /// <summary>Writes the points of all batches so far; those of one series together.</summary>
    public void WriteAppends() => _appends.Write();

    public BatchResult Apply(Batch batch)
    {
        if (batch.Key is { } key && session.Writers.FindResult(key) is { } first)
            return first;
        var now = Microseconds.From(time.GetUtcNow());
        foreach (var precondition in batch.Preconditions)
            CheckRevision(precondition);

        var results = new ChangeResult[batch.Changes.Count];
        List<FieldConflict> conflicts = [];
        for (var i = 0; i < results.Length; i++)
            results[i] = new RecordChangeApplier(session, this, batch, batch.Changes[i], now, conflicts).Apply();
        foreach (var append in batch.Appends)
            Append(append);
        if (batch.Cells.Count > 0)
            WriteCells(batch.Cells, now);

        var result = new BatchResult(false, results, conflicts);
        if (batch.Key is not null)
            session.Writers.Store(batch.Key.Value, result);
        return result;
    }

    /// <summary>The record, also one that this batch has made; null if there never was one.</summary>
    public RecordRow? Find(RecordId id)
    {
        if (!_rows.TryGetValue(id, out var row))
            _rows[id] = row = session.Records.Find(id);
        return row;
    }

    /// <summary>The record, which must be there and not purged.</summary>
    public RecordRow Get(RecordId id, string forWhat) =>
        Find(id) switch
        {
            null => throw new NotFoundException($"Record {id} does not exist; create it before {forWhat}."),
            { Purged: true } => throw new NotFoundException($"Record {id} was purged; nothing can be added to it."),
            var row => row,
        };

    /// <summary>The record with this key; the row is the one that this batch works on.</summary>
    public RecordRow? Find(string kind, string key)
    {
        if (session.Records.Find(kind, key) is not { } row)
            return null;
        if (_rows.TryGetValue(row.Id, out var known) && known is not null)
            return known;
        _rows[row.Id] = row;
        return row;
    }

    public long NextRec()
    {
        if (_lastRec < 0)
            _lastRec = session.Records.LastRec();
        return ++_lastRec;
    }

    public void Know(RecordRow row) => _rows[row.Id] = row;

    private void Forget()
    {
        _rows.Clear();
        _lastRec = -1;
    }

    private void CheckRevision(Precondition precondition)
    {
        var revision = Find(precondition.Record)?.Revision ?? 0;
        if (revision == precondition.Revision)
            return;
        throw new ConflictException(precondition.Revision == 0
            ? $"Record {precondition.Record} exists already, at revision {revision}; read it and decide anew."
            : $"Record {precondition.Record} is at revision {revision}, not {precondition.Revision}: somebody changed it meanwhile. Read it and decide anew.");
    }

    private void Append(SeriesAppend append)
    {
        var owner = Get(append.Owner, $"appending to its series '{append.Name}'");
        if (!_appends.TryAdd(owner.Rec, session.Names.GetOrAdd(append.Name), owner.IsOfTransaction, append.Points))
        {
            throw new ConflictException(
                $"The series '{append.Name}' of record {append.Owner} is not one of type {append.Points.Type}; a series keeps the type of its first points. Use another name.");
        }
    }

    private void WriteCells(IReadOnlyList<CellWrite> cells, long now)
    {
        foreach (var cell in cells)
        {
            if (cell.ExpectedVersion is { } expected && session.Cells.FindVersion(cell.Key, now) is var version && version != expected)
            {
                throw new ConflictException(version == 0
                    ? $"Cell '{cell.Key}' is absent, not at version {expected}; read it and decide anew."
                    : $"Cell '{cell.Key}' is at version {version}, not {expected}; read it and decide anew.");
            }

            if (cell.Value is null)
                session.Cells.Delete(cell.Key);
            else
                session.Cells.Store(cell, cell.Owner is { } owner ? Get(owner, $"it can own the cell '{cell.Key}'").Rec : null, now);
        }

        session.Cells.DeleteExpired(now);
    }
}

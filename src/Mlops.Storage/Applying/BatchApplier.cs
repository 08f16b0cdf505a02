namespace Mlops.Storage;

/// <summary>
/// The rules of a batch, for every backend: what a change really changes, write-once fields, seals, allocations, log entries,
/// purges, cells. Applies batches one after another to the open write transaction behind an <see cref="IBatchTables"/>; when one
/// fails, undoing what it wrote is left to the caller. Not thread-safe.
/// </summary>
/// <param name="tables">The open transaction.</param>
/// <param name="time">The store's clock.</param>
public sealed class BatchApplier(IBatchTables tables, TimeProvider time)
{
    // the end of the calendar; a lifetime beyond it never ends
    private const long EndOfTime = 253_402_300_800_000_000;

    private readonly Dictionary<RecordId, RecordRow?> _rows = [];
    private readonly Dictionary<(string Kind, string Key), RecordRow> _keys = [];

    internal IBatchTables Tables => tables;

    /// <summary>Forgets the records that were read: when a transaction begins, and when part of one was undone.</summary>
    public void Forget()
    {
        _rows.Clear();
        _keys.Clear();
    }

    /// <summary>Applies one valid batch (see <see cref="BatchValidator"/>).</summary>
    /// <exception cref="OutOfSequenceException">The batch does not follow the writer's highest.</exception>
    /// <exception cref="ConflictException">A precondition, unique key or cell version did not hold.</exception>
    /// <exception cref="NotFoundException">A record to update, or named by key, is not there or purged.</exception>
    /// <exception cref="ImmutableException">A sealed body or field would change.</exception>
    public BatchResult Apply(Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Key is { } key)
        {
            if (tables.FindResult(key) is { } first)
                return first;
            if (key.Follows is { } follows && tables.FindSequence(key.Writer) is var last && last != follows)
                throw new OutOfSequenceException(key, last);
        }

        var now = Microseconds.From(time.GetUtcNow());
        foreach (var precondition in batch.Preconditions)
            CheckRevision(precondition);

        var results = new ChangeResult[batch.Changes.Count];
        List<FieldConflict> conflicts = [];
        for (var i = 0; i < results.Length; i++)
            results[i] = new RecordChangeApplier(this, batch, batch.Changes[i], now, conflicts).Apply();
        foreach (var append in batch.Appends)
            Append(append);
        if (batch.Cells.Count > 0)
            WriteCells(batch.Cells, now);

        var result = new BatchResult(false, results, conflicts);
        if (batch.Key is not null)
            tables.StoreResult(batch.Key.Value, result);
        return result;
    }

    /// <summary>The record, also one that this batch has made; null if there never was one.</summary>
    internal RecordRow? Find(RecordId id)
    {
        if (!_rows.TryGetValue(id, out var row))
            _rows[id] = row = tables.FindRecord(id);
        return row;
    }

    /// <summary>The record, which must be there and not purged.</summary>
    internal RecordRow Get(RecordId id, string forWhat, string name) =>
        Find(id) is { Purged: false } row ? row : throw NotFound(id, forWhat, name);

    /// <summary>The record with this key; the row is the one that this batch works on.</summary>
    internal RecordRow? Find(string kind, string key)
    {
        // every run that starts asks for its experiment twice
        if (_keys.TryGetValue((kind, key), out var row) && row.Key == key)
            return row;
        row = tables.FindRecord(kind, key);
        if (row is null)
            return null;
        if (_rows.TryGetValue(row.Id, out var known) && known is not null)
            row = known;
        _rows[row.Id] = row;
        _keys[(kind, key)] = row;
        return row;
    }

    internal void Know(RecordRow row) => _rows[row.Id] = row;

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
        var owner = Get(append.Owner, "appending to its series", append.Name);
        if (!tables.TryAppend(owner, append.Name, append.Points))
            throw OtherType(append);
    }

    private void WriteCells(IReadOnlyList<CellWrite> cells, long now)
    {
        foreach (var cell in cells)
        {
            if (cell.ExpectedVersion is { } expected && tables.FindCellVersion(cell.Key, now) is var version && version != expected)
            {
                throw new ConflictException(version == 0
                    ? $"Cell '{cell.Key}' is absent, not at version {expected}; read it and decide anew."
                    : $"Cell '{cell.Key}' is at version {version}, not {expected}; read it and decide anew.");
            }

            if (cell.Value is null)
                tables.DeleteCell(cell.Key);
            else
                tables.StoreCell(cell, cell.Owner is { } owner ? Get(owner, "it can own the cell", cell.Key) : null, Expires(cell, now));
        }

        tables.DeleteExpiredCells(now);
    }

    // messages are made apart: this code runs for every series of every commit, and a message is more code than the rest
    private NotFoundException NotFound(RecordId id, string forWhat, string name) => new(Find(id) is null
        ? $"Record {id} does not exist; create it before {forWhat} '{name}'."
        : $"Record {id} was purged; nothing can be added to it.");

    private static ConflictException OtherType(SeriesAppend append) => new(
        $"The series '{append.Name}' of record {append.Owner} is not one of type {append.Points.Type}; a series keeps the type of its first points. Use another name.");

    private static long? Expires(CellWrite cell, long now) =>
        cell.Lifetime is { } lifetime && now + (lifetime.Ticks / TimeSpan.TicksPerMicrosecond) is var end && end < EndOfTime ? end : null;
}

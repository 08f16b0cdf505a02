namespace Mlops.Storage;

/// <summary>
/// What <see cref="BatchApplier"/> asks of the database while it applies batches to one open write transaction. A call sees what
/// earlier calls of the same transaction wrote. A backend may answer each with a statement at once, or read beforehand all that
/// the batches name and collect the writes until they end. Nothing here decides anything: whether a change is allowed, and what
/// it really changes, is decided by the applier, so that backends cannot differ in it. Called by one thread at a time.
/// </summary>
public interface IBatchTables
{
    /// <summary>The answer to a batch that this writer committed before, or to an older one; null if it has not got that far.</summary>
    BatchResult? FindResult(BatchKey key);

    /// <summary>The sequence of the writer's highest batch; 0 if it has none.</summary>
    long FindSequence(RecordId writer);

    /// <summary>Keeps this batch as the writer's highest, with its result.</summary>
    void StoreResult(BatchKey key, BatchResult result);

    /// <summary>The record with this id, tombstones included; null if there is none.</summary>
    RecordRow? FindRecord(RecordId id);

    /// <summary>The record with this key; null if there is none.</summary>
    RecordRow? FindRecord(string kind, string key);

    /// <summary>A number for a new record; 0 if the backend knows records by their ids alone.</summary>
    long NextRecordNumber();

    /// <summary>Writes a new record.</summary>
    void InsertRecord(RecordRow row);

    /// <summary>Writes revision, seal, sequence and head of a record.</summary>
    void UpdateRecord(RecordRow row);

    /// <summary>
    /// Writes a record as a tombstone: its key, body, fields, conflicts, series, cells and the salts of its log entries go, also
    /// those that this transaction wrote.
    /// </summary>
    void PurgeRecord(RecordRow row);

    /// <summary>The body; null if none was set.</summary>
    byte[]? FindBody(RecordRow row);

    /// <summary>Sets the body, as of the entry <see cref="RecordRow.Sequence"/>.</summary>
    void StoreBody(RecordRow row, ReadOnlyMemory<byte> body);

    /// <summary>
    /// Announces the change whose fields of an existing record are asked for next, so that many can be read at once. May do
    /// nothing.
    /// </summary>
    void Expect(RecordRow row, RecordChange change);

    /// <summary>The values of a field of an existing record in the order they were set; empty if there are none.</summary>
    FieldValue[] FindField(RecordRow row, string name);

    /// <summary>Sets the values of a field, as of the entry <see cref="RecordRow.Sequence"/>.</summary>
    /// <param name="row">The record, which may not be inserted yet.</param>
    /// <param name="name">The field.</param>
    /// <param name="before">How many values the field had.</param>
    /// <param name="values">All values it has now; none removes it.</param>
    void StoreField(RecordRow row, string name, int before, IReadOnlyList<FieldValue> values);

    /// <summary>The refused values of write-once fields of an existing record, oldest first.</summary>
    IReadOnlyList<FieldConflict> ListConflicts(RecordRow row);

    /// <summary>Adds a refused value.</summary>
    void AddConflict(RecordRow row, FieldConflict conflict);

    /// <summary>The next number of a counter, from 1, as part of this transaction: if it is undone, the number was not given.</summary>
    long NextNumber(string counter);

    /// <summary>Appends an entry to the chain of a record, and to the feed behind all entries of this transaction.</summary>
    /// <param name="row">The record; its sequence and head are those before the entry.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="encoded">Its bytes.</param>
    /// <param name="hash">Their SHA-256.</param>
    /// <param name="salt">The salt of its items, which a purge takes away; empty if it has no items.</param>
    void AppendEntry(RecordRow row, LogEntry entry, byte[] encoded, Digest hash, ReadOnlySpan<byte> salt);

    /// <summary>Appends points to a series, which is made by its first; false, and nothing done, if it is one of another type.</summary>
    bool TryAppend(RecordRow owner, string name, SeriesColumns points);

    /// <summary>The version of a cell; 0 if it is absent or expired at <paramref name="now"/>.</summary>
    long FindCellVersion(string key, long now);

    /// <summary>Writes a cell and gives it a version that it never had.</summary>
    void StoreCell(CellWrite write, RecordRow? owner, long? expires);

    /// <summary>Deletes a cell, if it is there.</summary>
    void DeleteCell(string key);

    /// <summary>Deletes cells that are expired; some may be left for another time.</summary>
    void DeleteExpiredCells(long now);
}

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Answers the rules of a batch from what was read before, and collects what they write. All in memory: to undo a batch, a new
/// one is made and the others are applied to it again.
/// </summary>
internal sealed class WriteSet(Prefetched before) : IBatchTables
{
    private readonly Dictionary<RecordKey, RecordId> _newKeys = [];
    private readonly Dictionary<RecordId, FieldMarks> _marks = [];
    private int _versionsGiven;

    /// <summary>Records as they are now, those of <see cref="Prefetched"/> only when they changed.</summary>
    public Dictionary<RecordId, RecordRow> Records { get; } = [];

    /// <summary>Records among them that are not stored yet.</summary>
    public HashSet<RecordId> Inserted { get; } = [];

    public HashSet<RecordId> Purged { get; } = [];

    public Dictionary<RecordId, (byte[] Body, long Entry)> Bodies { get; } = [];

    public Dictionary<(RecordId Record, string Name), PendingField> Fields { get; } = [];

    /// <summary>New conflicts, with their numbers in their record.</summary>
    public List<(int Number, FieldConflict Conflict)> Conflicts { get; } = [];

    public Dictionary<(RecordId Owner, string Name), PendingSeries> Series { get; } = [];

    public Dictionary<string, long> Counters { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, PendingCell> Cells { get; } = new(StringComparer.Ordinal);

    /// <summary>Cells that expired at this time go; null leaves them.</summary>
    public long? CellsExpireAt { get; private set; }

    public List<PendingEntry> Entries { get; } = [];

    public Dictionary<RecordId, (long Sequence, BatchResult Result)> Writers { get; } = [];

    /// <summary>What the transaction found.</summary>
    public Prefetched Before => before;

    /// <summary>Stored records that get new marks, which their stored series lack.</summary>
    public IEnumerable<RecordId> Marked =>
        _marks.Where(m => !Purged.Contains(m.Key) && before.Records.TryGetValue(m.Key, out var stored) && stored.Marks != m.Value).Select(m => m.Key);

    public bool IsEmpty =>
        Records.Count == 0 && Series.Count == 0 && Cells.Count == 0 && Writers.Count == 0 && CellsExpireAt is null;

    public BatchResult? FindResult(BatchKey key)
    {
        if (Writers.TryGetValue(key.Writer, out var now) && key.Sequence <= now.Sequence)
            return key.Sequence == now.Sequence ? now.Result with { Repeated = true } : new BatchResult(true, [], []);
        if (!before.Writers.TryGetValue(key.Writer, out var stored) || stored.Sequence < key.Sequence)
            return null;
        return stored.Sequence == key.Sequence ? BatchResultCodec.DecodeRepeated(stored.Result) : new BatchResult(true, [], []);
    }

    public long FindSequence(RecordId writer) =>
        Writers.TryGetValue(writer, out var now) ? now.Sequence : before.Writers.TryGetValue(writer, out var stored) ? stored.Sequence : 0;

    public void StoreResult(BatchKey key, BatchResult result) => Writers[key.Writer] = (key.Sequence, result);

    public RecordRow? FindRecord(RecordId id) =>
        Records.TryGetValue(id, out var now) ? now : before.Records.TryGetValue(id, out var stored) ? stored.ToRow() : null;

    public RecordRow? FindRecord(string kind, string key)
    {
        var name = new RecordKey(kind, key);
        if (_newKeys.TryGetValue(name, out var made))
            return Records[made];

        // a purge of this transaction has freed the key
        return before.Keys.TryGetValue(name, out var id) && !Purged.Contains(id) ? FindRecord(id) : null;
    }

    public long NextRecordNumber() => 0;

    public void InsertRecord(RecordRow row)
    {
        Records[row.Id] = row;
        Inserted.Add(row.Id);
        if (row.Key is { } key)
            _newKeys[new RecordKey(row.Kind, key)] = row.Id;
    }

    public void UpdateRecord(RecordRow row) => Records[row.Id] = row;

    public void PurgeRecord(RecordRow row)
    {
        var id = row.Id;
        Records[id] = row;
        Purged.Add(id);
        _marks[id] = default;
        Bodies.Remove(id);
        Conflicts.RemoveAll(c => c.Conflict.Record == id);
        foreach (var name in _newKeys.Where(k => k.Value == id).Select(k => k.Key).ToList())
            _newKeys.Remove(name);
        foreach (var field in Fields.Keys.Where(f => f.Record == id).ToList())
            Fields.Remove(field);
        foreach (var series in Series.Keys.Where(s => s.Owner == id).ToList())
            Series.Remove(series);
        foreach (var entry in Entries.Where(e => e.Record == id))
            entry.Salt = null;
        foreach (var key in before.Cells.Keys.Union(Cells.Keys, StringComparer.Ordinal).Where(k => OwnerOf(k) == id).ToList())
            DeleteCell(key);
    }

    public byte[]? FindBody(RecordRow row) =>
        Bodies.TryGetValue(row.Id, out var now) ? now.Body : before.Bodies.GetValueOrDefault(row.Id);

    public void StoreBody(RecordRow row, ReadOnlyMemory<byte> body) => Bodies[row.Id] = (body.ToArray(), row.Sequence);

    public void Expect(RecordRow row, RecordChange change)
    {
        // everything was read before
    }

    public FieldValue[] FindField(RecordRow row, string name) =>
        Fields.TryGetValue((row.Id, name), out var now) ? now.Values : before.Fields.GetValueOrDefault((row.Id, name), []);

    public void StoreField(RecordRow row, string name, int before, IReadOnlyList<FieldValue> values)
    {
        Fields[(row.Id, name)] = new PendingField(StoredCount((row.Id, name)), [.. values], row.Sequence);
        _marks[row.Id] = MarksOf(row.Id) | FieldMarks.Of(name, values);
    }

    /// <summary>The marks that a record and its series get: those that are stored, and those of new values.</summary>
    public FieldMarks MarksOf(RecordId id) =>
        _marks.TryGetValue(id, out var now) ? now : before.Records.TryGetValue(id, out var stored) ? stored.Marks : default;

    public IReadOnlyList<FieldConflict> ListConflicts(RecordRow row) =>
        [.. before.Conflicts.GetValueOrDefault(row.Id, []), .. Conflicts.Select(c => c.Conflict).Where(c => c.Record == row.Id)];

    public void AddConflict(RecordRow row, FieldConflict conflict) => Conflicts.Add((ListConflicts(row).Count, conflict));

    public long NextNumber(string counter) =>
        Counters[counter] = (Counters.TryGetValue(counter, out var now) ? now : before.Counters.GetValueOrDefault(counter)) + 1;

    public void AppendEntry(RecordRow row, LogEntry entry, byte[] encoded, Digest hash, ReadOnlySpan<byte> salt) =>
        Entries.Add(new PendingEntry(row.Id, entry.Sequence, encoded, hash, salt.IsEmpty ? null : salt.ToArray()));

    public bool TryAppend(RecordRow owner, string name, SeriesColumns points)
    {
        var place = (owner.Id, name);
        if (!Series.TryGetValue(place, out var series))
        {
            var stored = before.Series.GetValueOrDefault(place);
            series = new PendingSeries(stored, stored?.Row.Type ?? points.Type);
            if (series.Type != points.Type)
                return false;
            Series.Add(place, series);
        }

        if (series.Type != points.Type)
            return false;
        series.Points.Add(points);
        return true;
    }

    public long FindCellVersion(string key, long now)
    {
        if (Cells.TryGetValue(key, out var pending))
            return pending.Value is null || pending.Expires <= now ? 0 : pending.Version;
        return before.Cells.TryGetValue(key, out var stored) && (stored.Expires is not { } end || end > now) ? stored.Version : 0;
    }

    public void StoreCell(CellWrite write, RecordRow? owner, long? expires) =>
        Cells[write.Key] = new PendingCell(write.Value!.Value.ToArray(), before.CellVersions[_versionsGiven++], owner?.Id, expires);

    public void DeleteCell(string key) => Cells[key] = new PendingCell(null, 0, null, null);

    public void DeleteExpiredCells(long now) => CellsExpireAt = now;

    private int StoredCount((RecordId Record, string Name) field) => before.Fields.TryGetValue(field, out var values) ? values.Length : 0;

    private RecordId? OwnerOf(string key) =>
        Cells.TryGetValue(key, out var pending) ? pending.Owner : before.Cells.GetValueOrDefault(key)?.Owner;
}

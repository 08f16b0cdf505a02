namespace Mlops.Storage.Sqlite;

/// <summary>
/// Records and fields that a batch changed, until it ends. A run that starts and completes within one batch changes its status
/// twice; its rows and their index entries are written once.
/// </summary>
internal sealed class FieldBuffer(Session session)
{
    private readonly Dictionary<RecordRow, bool> _records = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(long Record, string Name), Waiting> _fields = [];

    /// <summary>The record will be inserted when the batch ends.</summary>
    public void Insert(RecordRow row) => _records[row] = true;

    /// <summary>The record will be updated when the batch ends, if it is not inserted then.</summary>
    public void Update(RecordRow row) => _records.TryAdd(row, false);

    /// <summary>Whether nothing of the record is in the database yet.</summary>
    public bool IsUnwritten(RecordRow row) => _records.TryGetValue(row, out var isNew) && isNew;

    /// <summary>The values of a field that waits; null if it does not.</summary>
    public IReadOnlyList<FieldValue>? Find(RecordRow row, string name) =>
        _fields.TryGetValue((row.Number, name), out var field) ? field.Values : null;

    /// <summary>Takes the values of a field that had <paramref name="before"/> of them.</summary>
    public void Store(RecordRow row, string name, int before, IReadOnlyList<FieldValue> values)
    {
        var key = (row.Number, name);
        var stored = _fields.TryGetValue(key, out var earlier) ? earlier.Stored : before;
        _fields[key] = new Waiting(stored, values, row.Sequence);
    }

    public void Write()
    {
        foreach (var ((record, name), field) in _fields)
            session.Fields.Store(record, session.Names.GetOrAdd(name), field.Stored, field.Values, field.Entry);
        foreach (var (row, isNew) in _records)
        {
            if (isNew)
                session.Records.Insert(row);
            else
                session.Records.Update(row);
        }

        Clear();
    }

    public void Clear()
    {
        _fields.Clear();
        _records.Clear();
    }

    /// <param name="Stored">How many values the database has.</param>
    /// <param name="Values">The values now.</param>
    /// <param name="Entry">The log sequence that last set them.</param>
    private readonly record struct Waiting(int Stored, IReadOnlyList<FieldValue> Values, long Entry);
}

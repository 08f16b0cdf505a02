namespace Mlops.Storage.PostgreSql;

/// <summary>All that the batches of a transaction name, and that must therefore be read before they can be applied.</summary>
internal sealed class BatchNeeds
{
    public BatchNeeds(IEnumerable<Batch> batches)
    {
        foreach (var batch in batches)
            Add(batch);
    }

    /// <summary>Kinds, fields and series.</summary>
    public HashSet<string> Names { get; } = new(StringComparer.Ordinal);

    /// <summary>Records that may change or must not: their rows are locked, in the order of their ids.</summary>
    public SortedSet<RecordId> Records { get; } = [];

    /// <summary>Records that are named by key. They are read but not locked: nothing of them changes.</summary>
    public HashSet<RecordKey> Keys { get; } = [];

    /// <summary>Fields of records that may exist.</summary>
    public HashSet<(RecordId Record, string Name)> Fields { get; } = [];

    public HashSet<RecordId> Bodies { get; } = [];

    public HashSet<RecordId> Conflicts { get; } = [];

    public HashSet<(RecordId Owner, string Name)> Series { get; } = [];

    public SortedSet<string> Counters { get; } = new(StringComparer.Ordinal);

    public SortedSet<string> Cells { get; } = new(StringComparer.Ordinal);

    /// <summary>How many cells are written, each with a new version.</summary>
    public int CellVersions { get; private set; }

    /// <summary>Records that are purged; the cells that they own matter too.</summary>
    public HashSet<RecordId> Purged { get; } = [];

    public SortedSet<RecordId> Writers { get; } = [];

    private void Add(Batch batch)
    {
        if (batch.Key is { } key)
            Writers.Add(key.Writer);
        foreach (var precondition in batch.Preconditions)
            Records.Add(precondition.Record);
        foreach (var change in batch.Changes)
            Add(change);
        foreach (var append in batch.Appends)
        {
            Records.Add(append.Owner);
            Names.Add(append.Name);
            Series.Add((append.Owner, append.Name));
        }

        foreach (var cell in batch.Cells)
        {
            Cells.Add(cell.Key);
            CellVersions += cell.Value is null ? 0 : 1;
            if (cell.Owner is { } owner)
                Records.Add(owner);
        }
    }

    private void Add(RecordChange change)
    {
        Records.Add(change.Id);
        Names.Add(change.Kind);
        var mayExist = change.Mode == ChangeMode.Update;
        if (!mayExist && change.Key is { } key)
            Keys.Add(new RecordKey(change.Kind, key));
        if (change.Purge)
            Purged.Add(change.Id);
        if (mayExist && change.Body is not null)
            Bodies.Add(change.Id);
        foreach (var field in change.Fields)
        {
            Add(change.Id, field.Name, mayExist);
            if (mayExist && field.Mode == FieldWriteMode.Once)
                Conflicts.Add(change.Id);
            foreach (var value in field.Values)
            {
                if (value.ReferenceKey is { } reference)
                {
                    Names.Add(reference.Kind);
                    Keys.Add(reference);
                }
            }
        }

        foreach (var allocation in change.Allocations)
        {
            Add(change.Id, allocation.Field, mayExist);
            Counters.Add(allocation.Counter);
        }
    }

    private void Add(RecordId record, string field, bool mayExist)
    {
        Names.Add(field);
        if (mayExist)
            Fields.Add((record, field));
    }
}

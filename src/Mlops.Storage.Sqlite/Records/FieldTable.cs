namespace Mlops.Storage.Sqlite;

/// <summary>Fields and their conflicts.</summary>
internal sealed class FieldTable(Session session)
{
    private const string Values = "fields (rec, name, ord, type, value, number, entry) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    private static readonly FieldConflict[] NoConflicts = [];

    private readonly Statement _one = session.Prepare(
        "SELECT type, value, number FROM fields WHERE rec = ?1 AND name = ?2 ORDER BY ord");

    private readonly Statement _all = session.Prepare(
        "SELECT type, value, number, name, entry FROM fields WHERE rec = ?1 ORDER BY name, ord");

    private readonly Statement _insert = session.Prepare($"INSERT INTO {Values}");
    private readonly Statement _replace = session.Prepare($"INSERT OR REPLACE INTO {Values}");

    private readonly Statement _delete = session.Prepare("DELETE FROM fields WHERE rec = ?1 AND name = ?2");
    private readonly Statement _deleteAll = session.Prepare("DELETE FROM fields WHERE rec = ?1");
    private readonly Statement _conflicts = session.Prepare(
        "SELECT kept_type, kept_value, kept_number, refused_type, refused_value, refused_number, name "
        + "FROM conflicts WHERE rec = ?1 ORDER BY conflict");

    private readonly Statement _insertConflict = session.Prepare(
        "INSERT INTO conflicts (rec, name, kept_type, kept_value, kept_number, refused_type, refused_value, refused_number) "
        + "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

    // times are the only integers, which are less than any text or blob
    private readonly Statement _hasOthers = session.Prepare(
        "SELECT EXISTS (SELECT 1 FROM fields WHERE name = ?1 AND number IS NOT NULL) "
        + "OR EXISTS (SELECT 1 FROM fields WHERE name = ?1 AND value >= '')");

    private readonly Statement _hasSeveral = session.Prepare(
        "SELECT EXISTS (SELECT 1 FROM fields INDEXED BY fields_several WHERE name = ?1 AND ord > 0)");

    private readonly Statement _deleteConflicts = session.Prepare("DELETE FROM conflicts WHERE rec = ?1");

    /// <summary>The values of one field in the order they were set; empty if the record has none.</summary>
    public FieldValue[] Load(long rec, long name)
    {
        using var rows = _one.Bind(1, rec).Bind(2, name).Query();
        if (!rows.Read())
            return [];
        var first = FieldCells.Read(rows, 0);
        if (!rows.Read())
            return [first];
        List<FieldValue> values = [first];
        do
            values.Add(FieldCells.Read(rows, 0));
        while (rows.Read());
        return [.. values];
    }

    /// <summary>The fields that <paramref name="selected"/> takes; null takes all.</summary>
    public Dictionary<string, IReadOnlyList<FieldValue>> LoadAll(long rec, NameSelection? selected = null)
    {
        var fields = new Dictionary<string, IReadOnlyList<FieldValue>>(StringComparer.Ordinal);
        List<FieldValue>? several = null;
        string? name = null;
        var number = 0L;
        using var rows = _all.Bind(1, rec).Query();
        while (rows.Read())
        {
            if (rows.Int64(3) != number)
            {
                number = rows.Int64(3);
                several = null;
                name = selected is null ? session.Names.Get(number) : selected.Find(number);
                if (name is not null)
                    fields.Add(name, new[] { FieldCells.Read(rows, 0) });
            }
            else if (name is not null)
            {
                if (several is null)
                    fields[name] = several = [.. fields[name]];
                several.Add(FieldCells.Read(rows, 0));
            }
        }

        return fields;
    }

    /// <summary>All fields with the log sequence that last set each.</summary>
    public List<(string Name, long Entry, IReadOnlyList<FieldValue> Values)> LoadEntries(long rec)
    {
        List<(string, long, IReadOnlyList<FieldValue>)> fields = [];
        List<FieldValue> values = [];
        var name = 0L;
        var entry = 0L;
        using var rows = _all.Bind(1, rec).Query();
        while (rows.Read())
        {
            if (rows.Int64(3) != name)
            {
                Add();
                name = rows.Int64(3);
                entry = rows.Int64(4);
            }

            values.Add(FieldCells.Read(rows, 0));
        }

        Add();
        return fields;

        void Add()
        {
            if (values.Count > 0)
                fields.Add((session.Names.Get(name), entry, values.ToArray()));
            values.Clear();
        }
    }

    /// <summary>Writes the values of a field that had <paramref name="before"/> values.</summary>
    public void Store(long rec, long name, int before, IReadOnlyList<FieldValue> values, long entry)
    {
        if (before > values.Count)
            _delete.Bind(1, rec).Bind(2, name).Execute();
        for (var i = 0; i < values.Count; i++)
        {
            var statement = i < before ? _replace : _insert;
            statement.Bind(1, rec).Bind(2, name).Bind(3, (long)i).Bind(7, entry);
            FieldCells.Bind(statement, 4, values[i]);
            statement.Execute();
        }
    }

    /// <summary>Whether all values of a field are times, in all records.</summary>
    public bool AreTimes(long name)
    {
        using var rows = _hasOthers.Bind(1, name).Query();
        return rows.Read() && rows.Int64(0) == 0;
    }

    /// <summary>Whether a field has a second value in any record.</summary>
    public bool HaveSeveral(long name)
    {
        using var rows = _hasSeveral.Bind(1, name).Query();
        return rows.Read() && rows.Int64(0) != 0;
    }

    /// <summary>The conflicts of the fields that <paramref name="selected"/> takes; null takes all.</summary>
    public FieldConflict[] LoadConflicts(long rec, RecordId id, NameSelection? selected = null)
    {
        using var rows = _conflicts.Bind(1, rec).Query();
        if (!rows.Read())
            return NoConflicts;
        List<FieldConflict> conflicts = [];
        do
        {
            var number = rows.Int64(6);
            if ((selected is null ? session.Names.Get(number) : selected.Find(number)) is { } name)
                conflicts.Add(new FieldConflict(id, name, FieldCells.Read(rows, 0), FieldCells.Read(rows, 3)));
        }
        while (rows.Read());
        return [.. conflicts];
    }

    public void AddConflict(long rec, FieldConflict conflict)
    {
        _insertConflict.Bind(1, rec).Bind(2, session.Names.GetOrAdd(conflict.Field));
        FieldCells.Bind(_insertConflict, 3, conflict.Kept);
        FieldCells.Bind(_insertConflict, 6, conflict.Refused);
        _insertConflict.Execute();
    }

    public void DeleteAll(long rec)
    {
        _deleteAll.Bind(1, rec).Execute();
        _deleteConflicts.Bind(1, rec).Execute();
    }
}

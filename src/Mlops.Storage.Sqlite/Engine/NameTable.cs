namespace Mlops.Storage.Sqlite;

/// <summary>Numbers for kinds, field names and series names.</summary>
internal sealed class NameTable(Session session, NameCache cache)
{
    private readonly Statement _byName = session.Prepare("SELECT id FROM names WHERE name = ?1");
    private readonly Statement _byId = session.Prepare("SELECT name FROM names WHERE id = ?1");
    private readonly Statement _insert = session.Prepare("INSERT INTO names (name) VALUES (?1) ON CONFLICT DO NOTHING");

    // names of the running write transaction; only a commit makes them known to others
    private readonly Dictionary<string, long> _pending = new(StringComparer.Ordinal);

    public long? Find(string name)
    {
        if (cache.TryGetId(name, out var id) || _pending.TryGetValue(name, out id))
            return id;
        using var rows = _byName.Bind(1, name).Query();
        if (!rows.Read())
            return null;
        id = rows.Int64(0);
        Remember(name, id);
        return id;
    }

    public long GetOrAdd(string name)
    {
        if (cache.TryGetId(name, out var id) || _pending.TryGetValue(name, out id))
            return id;

        // most names that are not known are new, so one statement does
        _insert.Bind(1, name).Execute();
        if (session.ChangedRows == 0)
            return Find(name)!.Value;
        id = session.LastRow;
        _pending.Add(name, id);
        return id;
    }

    public string Get(long id)
    {
        if (cache.TryGetName(id, out var name))
            return name!;
        using var rows = _byId.Bind(1, id).Query();
        if (!rows.Read())
            throw new IntegrityException($"The store '{session.Path}' has no name for number {id}; restore the file from a copy.");
        name = rows.Text(0);
        Remember(name, id);
        return name;
    }

    public void OnCommit()
    {
        foreach (var (name, id) in _pending)
            cache.Add(name, id);
        _pending.Clear();
    }

    public void OnRollback() => _pending.Clear();

    // a writer may see names of its own transaction, which can still be rolled back
    private void Remember(string name, long id)
    {
        if (session.InTransaction && session.IsWriter)
            _pending[name] = id;
        else
            cache.Add(name, id);
    }
}

namespace Mlops.Storage.Sqlite;

/// <summary>Cells. One is absent from the instant at which it expires.</summary>
internal sealed class CellTable(Session session)
{
    private const string Columns = "c.key, c.value, c.version, r.id, c.expires";

    private readonly Statement _find = session.Prepare(
        $"SELECT {Columns} FROM cells c LEFT JOIN records r ON r.rec = c.owner WHERE c.key = ?1 AND (c.expires IS NULL OR c.expires > ?2)");

    private readonly Statement _list = session.Prepare(
        $"SELECT {Columns} FROM cells c LEFT JOIN records r ON r.rec = c.owner "
        + "WHERE c.key >= ?1 AND (c.expires IS NULL OR c.expires > ?2) ORDER BY c.key");

    private readonly Statement _version = session.Prepare(
        "SELECT version FROM cells WHERE key = ?1 AND (expires IS NULL OR expires > ?2)");

    private readonly Statement _next = session.Prepare("UPDATE store SET cell_version = cell_version + 1 RETURNING cell_version");
    private readonly Statement _store = session.Prepare(
        "INSERT OR REPLACE INTO cells (key, value, version, owner, expires) VALUES (?1, ?2, ?3, ?4, ?5)");

    private readonly Statement _delete = session.Prepare("DELETE FROM cells WHERE key = ?1");
    private readonly Statement _deleteOwned = session.Prepare("DELETE FROM cells WHERE owner = ?1");
    private readonly Statement _deleteExpired = session.Prepare("DELETE FROM cells WHERE expires <= ?1");

    public Cell? Find(string key, long now)
    {
        using var rows = _find.Bind(1, key).Bind(2, now).Query();
        return rows.Read() ? Read(rows) : null;
    }

    public List<Cell> List(string prefix, long now, CancellationToken cancellationToken)
    {
        List<Cell> cells = [];
        using var rows = _list.Bind(1, prefix).Bind(2, now).Query();
        while (rows.Read() && rows.Text(0).StartsWith(prefix, StringComparison.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            cells.Add(Read(rows));
        }

        // SQLite orders by UTF-8 bytes, which differs from ordinal order beyond the basic plane
        cells.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        return cells;
    }

    /// <summary>The version of a cell, 0 if it is absent or expired.</summary>
    public long FindVersion(string key, long now)
    {
        using var rows = _version.Bind(1, key).Bind(2, now).Query();
        return rows.Read() ? rows.Int64(0) : 0;
    }

    public void Store(CellWrite write, long? owner, long? expires)
    {
        long version;
        using (var rows = _next.Query())
        {
            rows.Read();
            version = rows.Int64(0);
        }

        _store.Bind(1, write.Key).Bind(2, write.Value!.Value.Span).Bind(3, version).Bind(4, owner).Bind(5, expires).Execute();
    }

    public void Delete(string key) => _delete.Bind(1, key).Execute();

    public void DeleteOwned(long rec) => _deleteOwned.Bind(1, rec).Execute();

    public void DeleteExpired(long now) => _deleteExpired.Bind(1, now).Execute();

    private static Cell Read(Rows rows) => new(
        rows.Text(0),
        rows.Bytes(1).ToArray(),
        rows.Int64(2),
        rows.IsNull(3) ? null : rows.Id(3),
        rows.Int64OrNull(4) is { } expires ? Microseconds.ToTime(expires) : null);
}

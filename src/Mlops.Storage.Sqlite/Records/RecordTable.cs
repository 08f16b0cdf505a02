namespace Mlops.Storage.Sqlite;

/// <summary>Records and their bodies.</summary>
internal sealed class RecordTable(Session session)
{
    private const string Columns = "rec, id, kind, key, revision, created, sealed, purged, sequence, head";

    private readonly Statement _byId = session.Prepare($"SELECT {Columns} FROM records WHERE id = ?1");
    private readonly Statement _byRec = session.Prepare($"SELECT {Columns} FROM records WHERE rec = ?1");
    private readonly Statement _byKey = session.Prepare($"SELECT {Columns} FROM records WHERE kind = ?1 AND key = ?2");
    private readonly Statement _last = session.Prepare("SELECT max(rec) FROM records");
    private readonly Statement _insert = session.Prepare(
        $"INSERT INTO records ({Columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");

    private readonly Statement _update = session.Prepare(
        "UPDATE records SET revision = ?2, sealed = ?3, sequence = ?4, head = ?5 WHERE rec = ?1");

    private readonly Statement _purge = session.Prepare(
        "UPDATE records SET revision = ?2, sequence = ?3, head = ?4, key = NULL, purged = 1 WHERE rec = ?1");

    private readonly Statement _body = session.Prepare("SELECT body, entry FROM bodies WHERE rec = ?1");
    private readonly Statement _setBody = session.Prepare("INSERT OR REPLACE INTO bodies (rec, entry, body) VALUES (?1, ?2, ?3)");
    private readonly Statement _deleteBody = session.Prepare("DELETE FROM bodies WHERE rec = ?1");

    public RecordRow? Find(RecordId id) => First(_byId.Bind(1, id));

    public RecordRow? Find(long rec) => First(_byRec.Bind(1, rec));

    public RecordRow? Find(string kind, string key) =>
        session.Names.Find(kind) is { } number ? First(_byKey.Bind(1, number).Bind(2, key)) : null;

    public long LastRec()
    {
        using var rows = _last.Query();
        return rows.Read() ? rows.Int64(0) : 0;
    }

    public void Insert(RecordRow row) =>
        _insert.Bind(1, row.Number).Bind(2, row.Id).Bind(3, session.Names.GetOrAdd(row.Kind)).Bind(4, row.Key).Bind(5, row.Revision).Bind(6, row.Created)
            .Bind(7, row.Sealed).Bind(8, 0L).Bind(9, row.Sequence).Bind(10, row.Head).Execute();

    public void Update(RecordRow row) =>
        _update.Bind(1, row.Number).Bind(2, row.Revision).Bind(3, row.Sealed).Bind(4, row.Sequence).Bind(5, row.Head).Execute();

    /// <summary>Makes the row a tombstone, whose key is free.</summary>
    public void Purge(RecordRow row) =>
        _purge.Bind(1, row.Number).Bind(2, row.Revision).Bind(3, row.Sequence).Bind(4, row.Head).Execute();

    /// <summary>The body and the log sequence that set it; null if none was ever set.</summary>
    public byte[]? FindBody(long rec, out long entry)
    {
        using var rows = _body.Bind(1, rec).Query();
        var found = rows.Read();
        entry = found ? rows.Int64(1) : 0;
        return found ? rows.Bytes(0).ToArray() : null;
    }

    public void SetBody(long rec, long entry, ReadOnlySpan<byte> body) => _setBody.Bind(1, rec).Bind(2, entry).Bind(3, body).Execute();

    public void DeleteBody(long rec) => _deleteBody.Bind(1, rec).Execute();

    /// <summary>The record as callers see it.</summary>
    public RecordSnapshot Load(RecordRow row) => new PageLoader(session, new RecordProjection()).Load(
        new RecordHead(row.Number, row.Id, row.Kind, row.Key, row.Revision, row.Created, row.Sealed, row.Purged));

    private RecordRow? First(Statement statement)
    {
        using var rows = statement.Query();
        return rows.Read() ? Read(rows) : null;
    }

    private RecordRow Read(Rows rows) => RecordRow.Stored(
        rows.Int64(0),
        rows.Id(1),
        session.Names.Get(rows.Int64(2)),
        rows.TextOrNull(3),
        rows.Int64(4),
        rows.Int64(5),
        rows.TextOrNull(6),
        rows.Int64(7) != 0,
        rows.Int64(8),
        rows.Digest(9));
}

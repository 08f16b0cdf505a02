namespace Mlops.Storage.Sqlite;

/// <summary>The chains and the feed.</summary>
internal sealed class LogTable(Session session)
{
    private readonly Statement _insert = session.Prepare("INSERT INTO log (rec, sequence, entry, hash, salt) VALUES (?1, ?2, ?3, ?4, ?5)");
    private readonly Statement _deleteSalts = session.Prepare("UPDATE log SET salt = NULL WHERE rec = ?1 AND salt IS NOT NULL");
    private readonly Statement _audited = session.Prepare("SELECT entry, hash, salt FROM log WHERE rec = ?1 ORDER BY sequence");
    private readonly Statement _chain = session.Prepare(
        "SELECT l.position, r.kind, l.entry, l.hash FROM log l JOIN records r ON r.rec = l.rec WHERE l.rec = ?1 ORDER BY l.sequence");

    private readonly Statement _feed = session.Prepare(
        "SELECT l.position, r.kind, l.entry, l.hash FROM log l CROSS JOIN records r ON r.rec = l.rec "
        + "WHERE l.position > ?1 ORDER BY l.position LIMIT ?2");

    private readonly Statement _last = session.Prepare("SELECT max(position) FROM log");
    private readonly Statement _heads = session.Prepare("SELECT id, sequence, head FROM records WHERE sequence > 0 ORDER BY id");
    private readonly Statement _headsAt = session.Prepare(
        "SELECT r.id, l.sequence, l.hash FROM (SELECT rec, max(position) AS position FROM log WHERE position <= ?1 GROUP BY rec) h "
        + "CROSS JOIN log l ON l.position = h.position CROSS JOIN records r ON r.rec = h.rec ORDER BY r.id");

    public void Append(long rec, LogEntry entry, byte[] encoded, Digest hash, ReadOnlySpan<byte> salt)
    {
        _insert.Bind(1, rec).Bind(2, entry.Sequence).Bind(3, encoded).Bind(4, hash);
        (salt.IsEmpty ? _insert.BindNull(5) : _insert.Bind(5, salt)).Execute();
    }

    public void DeleteSalts(long rec) => _deleteSalts.Bind(1, rec).Execute();

    public List<FeedEntry> ReadChain(long rec) => Read(_chain.Bind(1, rec));

    /// <summary>The chain with its salts.</summary>
    public List<ChainEntry> ReadAudited(long rec)
    {
        List<ChainEntry> entries = [];
        using var rows = _audited.Bind(1, rec).Query();
        while (rows.Read())
            entries.Add(new ChainEntry(LogEntryCodec.Decode(rows.Bytes(0).ToArray()), rows.Digest(1), rows.IsNull(2) ? null : rows.Bytes(2).ToArray()));
        return entries;
    }

    public List<FeedEntry> ReadFeed(long afterPosition, int limit) => Read(_feed.Bind(1, afterPosition).Bind(2, (long)limit));

    public long LastPosition()
    {
        using var rows = _last.Query();
        return rows.Read() ? rows.Int64(0) : 0;
    }

    /// <summary>The heads as the records hold them now.</summary>
    public Digest Root() => Root(_heads);

    /// <summary>The heads as the log had them at a position.</summary>
    public Digest RootAt(long position) => Root(_headsAt.Bind(1, position));

    private static Digest Root(Statement heads)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        Span<byte> sequence = stackalloc byte[8];
        using var rows = heads.Query();
        while (rows.Read())
        {
            hash.AppendData(rows.Bytes(0));
            System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(sequence, rows.Int64(1));
            hash.AppendData(sequence);
            hash.AppendData(rows.Bytes(2));
        }

        return Digest.Of(hash);
    }

    private List<FeedEntry> Read(Statement statement)
    {
        List<FeedEntry> entries = [];
        using var rows = statement.Query();
        while (rows.Read())
        {
            var entry = LogEntryCodec.Decode(rows.Bytes(2).ToArray());
            entries.Add(new FeedEntry(rows.Int64(0), session.Names.Get(rows.Int64(1)), entry, rows.Digest(3)));
        }

        return entries;
    }
}

namespace Mlops.Storage.PostgreSql;

/// <summary>Writes counters, cells, writers and, last of all, the log.</summary>
internal static class OtherWrites
{
    private const int MostExpired = 100;

    public static void Add(Round round, WriteSet writes)
    {
        foreach (var group in writes.Counters.OrderBy(c => c.Key, StringComparer.Ordinal).GroupBy(c => writes.Before.Counters.ContainsKey(c.Key)))
        {
            round.Add(
                group.Key
                    ? "UPDATE mlops.counters c SET last = n.last FROM unnest($1, $2) AS n (name, last) WHERE c.name = n.name"
                    : "INSERT INTO mlops.counters (name, last) SELECT * FROM unnest($1, $2)",
                Args.All(group.Select(c => c.Key)),
                Args.All(group.Select(c => c.Value)));
        }

        AddCells(round, writes);
        foreach (var group in writes.Writers.OrderBy(w => w.Key).GroupBy(w => writes.Before.Writers.ContainsKey(w.Key)))
        {
            round.Add(
                group.Key
                    ? "UPDATE mlops.writers w SET sequence = n.sequence, result = n.result FROM unnest($1, $2, $3) AS n (writer, sequence, result) WHERE w.writer = n.writer"
                    : "INSERT INTO mlops.writers (writer, sequence, result) SELECT * FROM unnest($1, $2, $3)",
                Args.All(group.Select(w => w.Key)),
                Args.All(group.Select(w => w.Value.Sequence)),
                Args.All(group.Select(w => BatchResultCodec.Encode(w.Value.Result))));
        }
    }

    /// <summary>
    /// Appends the entries. Taking their positions locks the feed until the commit, so that nobody sees a position while a lower
    /// one is still to come; it is the last statement before the commit, so that the lock is short.
    /// </summary>
    public static void AddLog(Round round, WriteSet writes)
    {
        var entries = writes.Entries;
        if (entries.Count == 0)
            return;
        round.Add(
            "WITH taken AS (UPDATE mlops.feed SET last = last + $1 RETURNING last) "
            + "INSERT INTO mlops.log (position, record, sequence, entry, hash, salt) "
            + "SELECT taken.last - $1 + n.place, n.record, n.sequence, n.entry, n.hash, n.salt "
            + "FROM taken, unnest($2, $3, $4, $5, $6, $7) AS n (place, record, sequence, entry, hash, salt)",
            Args.Of((long)entries.Count),
            Args.All(entries.Select((_, i) => i + 1L)),
            Args.All(entries.Select(e => e.Record)),
            Args.All(entries.Select(e => e.Sequence)),
            Args.All(entries.Select(e => e.Encoded)),
            Args.All(entries.Select(e => e.Hash.ToBytes())),
            Args.All(entries.Select(e => e.Salt)));
    }

    private static void AddCells(Round round, WriteSet writes)
    {
        // what a purged record owned is gone by now
        bool IsStored(string key) => writes.Before.Cells.TryGetValue(key, out var cell) && !(cell.Owner is { } owner && writes.Purged.Contains(owner));

        var deleted = writes.Cells.Where(c => c.Value.Value is null && IsStored(c.Key)).Select(c => c.Key).ToList();
        if (deleted.Count > 0)
            round.Add("DELETE FROM mlops.cells WHERE key = ANY($1)", Args.All(deleted));
        foreach (var group in writes.Cells.Where(c => c.Value.Value is not null).OrderBy(c => c.Key, StringComparer.Ordinal).GroupBy(c => IsStored(c.Key)))
        {
            round.Add(
                group.Key
                    ? "UPDATE mlops.cells c SET value = n.value, version = n.version, owner = n.owner, expires = n.expires "
                        + "FROM unnest($1, $2, $3, $4, $5) AS n (key, value, version, owner, expires) WHERE c.key = n.key"
                    : "INSERT INTO mlops.cells (key, value, version, owner, expires) SELECT * FROM unnest($1, $2, $3, $4, $5)",
                Args.All(group.Select(c => c.Key)),
                Args.All(group.Select(c => c.Value.Value)),
                Args.All(group.Select(c => c.Value.Version)),
                Args.All(group.Select(c => c.Value.Owner)),
                Args.All(group.Select(c => c.Value.Expires)));
        }

        // expired cells are absent for everybody; those that another transaction is about to renew are left to it
        if (writes.CellsExpireAt is { } now)
        {
            round.Add(
                "DELETE FROM mlops.cells WHERE key IN (SELECT key FROM mlops.cells WHERE expires <= $1 ORDER BY key LIMIT $2 FOR UPDATE SKIP LOCKED)",
                Args.Of(now),
                Args.Of((long)MostExpired));
        }
    }
}

namespace Mlops.Storage.Sqlite;

/// <summary>The highest batch of each writer.</summary>
internal sealed class WriterTable(Session session)
{
    private readonly Statement _find = session.Prepare("SELECT sequence, result FROM writers WHERE writer = ?1");
    private readonly Statement _store = session.Prepare(
        "INSERT OR REPLACE INTO writers (writer, sequence, result) VALUES (?1, ?2, ?3)");

    public long FindSequence(RecordId writer)
    {
        using var rows = _find.Bind(1, writer).Query();
        return rows.Read() ? rows.Int64(0) : 0;
    }

    /// <summary>The answer to a batch that was committed before; null if it was not.</summary>
    public BatchResult? FindResult(BatchKey key)
    {
        using var rows = _find.Bind(1, key.Writer).Query();
        if (!rows.Read() || rows.Int64(0) < key.Sequence)
            return null;
        return rows.Int64(0) == key.Sequence
            ? BatchResultCodec.DecodeRepeated(rows.Bytes(1).ToArray())
            : new BatchResult(true, [], []);
    }

    public void Store(BatchKey key, BatchResult result) =>
        _store.Bind(1, key.Writer).Bind(2, key.Sequence).Bind(3, BatchResultCodec.Encode(result)).Execute();
}

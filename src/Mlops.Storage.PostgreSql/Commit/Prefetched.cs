using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// What the batches of a transaction name, as its locks hold it: read in one round trip, which begins the transaction. Rows are
/// locked in one order, so that transactions seldom block each other in a ring; what is absent cannot be locked, and is inserted
/// so that whoever comes second collides and tries again.
/// </summary>
internal sealed class Prefetched
{
    public Dictionary<RecordId, (long Sequence, byte[] Result)> Writers { get; } = [];

    public Dictionary<RecordId, StoredRecord> Records { get; } = [];

    public Dictionary<RecordKey, RecordId> Keys { get; } = [];

    public Dictionary<(RecordId Record, string Name), FieldValue[]> Fields { get; } = [];

    public Dictionary<RecordId, byte[]> Bodies { get; } = [];

    public Dictionary<RecordId, List<FieldConflict>> Conflicts { get; } = [];

    public Dictionary<(RecordId Owner, string Name), StoredSeries> Series { get; } = [];

    public Dictionary<string, long> Counters { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, StoredCell> Cells { get; } = new(StringComparer.Ordinal);

    /// <summary>New versions for cells.</summary>
    public List<long> CellVersions { get; } = [];

    /// <summary>Begins the transaction and reads.</summary>
    public static async Task<Prefetched> ReadAsync(
        Database database, NpgsqlConnection connection, BatchNeeds needs, CancellationToken cancellationToken)
    {
        var found = new Prefetched();
        var read = new List<Action<NpgsqlDataReader>>();
        var round = new Round(database, connection);
        PrefetchStatements.Add(round, needs, database, found, read);
        await round.ReadRowsAsync(cancellationToken, read).ConfigureAwait(false);
        return found;
    }
}

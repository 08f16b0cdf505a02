using System.Buffers.Binary;
using System.Security.Cryptography;
using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>Reads chains, the feed and checkpoints.</summary>
internal static class LogReader
{
    private const string Select =
        "SELECT l.position, k.name, l.entry, l.hash FROM mlops.log l JOIN mlops.records r ON r.id = l.record JOIN mlops.names k ON k.id = r.kind";

    // the heads as the records hold them, and as the log had them at a position
    private const string Heads = "SELECT id, sequence, head FROM mlops.records WHERE sequence > 0 ORDER BY id";
    private const string HeadsAt = "SELECT DISTINCT ON (record) record, sequence, hash FROM mlops.log WHERE position <= $1 ORDER BY record, sequence DESC";

    public static Task<List<FeedEntry>> ReadChainAsync(Database database, NpgsqlConnection connection, RecordId record, CancellationToken cancellationToken) =>
        ReadAsync(new Round(database, connection).Add(Select + " WHERE l.record = $1 ORDER BY l.sequence", Args.Of(record)), cancellationToken);

    public static Task<List<FeedEntry>> ReadFeedAsync(
        Database database, NpgsqlConnection connection, long afterPosition, int limit, CancellationToken cancellationToken) =>
        ReadAsync(
            new Round(database, connection).Add(
                Select + " WHERE l.position > $1 ORDER BY l.position LIMIT $2", Args.Of(afterPosition), Args.Of((long)limit)),
            cancellationToken);

    public static async Task<Checkpoint> CreateCheckpointAsync(Database database, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        long position = 0;
        using var heads = new HeadsHash();
        await Round.OfReading(database, connection).Unhurried().Add("SELECT coalesce(max(position), 0) FROM mlops.log").Add(Heads).Commit()
            .ReadRowsAsync(cancellationToken, row => position = row.GetInt64(0), heads.Add).ConfigureAwait(false);
        return new Checkpoint(position, heads.ToRoot());
    }

    /// <summary>The root of the heads at a position.</summary>
    public static async Task<Digest> ReadRootAsync(Database database, NpgsqlConnection connection, long position, CancellationToken cancellationToken)
    {
        using var heads = new HeadsHash();
        await new Round(database, connection).Unhurried().Add(HeadsAt, Args.Of(position)).ReadRowsAsync(cancellationToken, heads.Add).ConfigureAwait(false);
        return heads.ToRoot();
    }

    private static async Task<List<FeedEntry>> ReadAsync(Round round, CancellationToken cancellationToken)
    {
        List<FeedEntry> entries = [];
        await round.ReadRowsAsync(
            cancellationToken,
            row => entries.Add(new FeedEntry(row.GetInt64(0), row.GetString(1), LogEntryCodec.Decode(row.Bytes(2)), row.Digest(3)))).ConfigureAwait(false);
        return entries;
    }

    /// <summary>The root of heads, taken in their order.</summary>
    private sealed class HeadsHash : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly byte[] _sequence = new byte[8];

        public void Add(NpgsqlDataReader row)
        {
            _hash.AppendData(row.Id(0).ToBytes());
            BinaryPrimitives.WriteInt64LittleEndian(_sequence, row.GetInt64(1));
            _hash.AppendData(_sequence);
            _hash.AppendData(row.Bytes(2));
        }

        public Digest ToRoot() => Digest.Of(_hash);

        public void Dispose() => _hash.Dispose();
    }
}

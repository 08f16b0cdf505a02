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
        var round = Round.OfReading(database, connection).Unhurried().Add("SELECT coalesce(max(position), 0) FROM mlops.log").Add(Heads).Commit();
        await using (round.ConfigureAwait(false))
        {
            var rows = await round.ReadAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
            {
                await rows.ReadAsync(cancellationToken).ConfigureAwait(false);
                var position = rows.GetInt64(0);
                await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
                return new Checkpoint(position, await RootAsync(rows, cancellationToken).ConfigureAwait(false));
            }
        }
    }

    /// <summary>The root of the heads at a position.</summary>
    public static async Task<Digest> ReadRootAsync(Database database, NpgsqlConnection connection, long position, CancellationToken cancellationToken)
    {
        var round = new Round(database, connection).Unhurried().Add(HeadsAt, Args.Of(position));
        await using (round.ConfigureAwait(false))
        {
            var rows = await round.ReadAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
                return await RootAsync(rows, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<Digest> RootAsync(NpgsqlDataReader rows, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var sequence = new byte[8];
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            hash.AppendData(rows.Id(0).ToBytes());
            BinaryPrimitives.WriteInt64LittleEndian(sequence, rows.GetInt64(1));
            hash.AppendData(sequence);
            hash.AppendData(rows.Bytes(2));
        }

        return Digest.Of(hash);
    }

    private static async Task<List<FeedEntry>> ReadAsync(Round round, CancellationToken cancellationToken)
    {
        List<FeedEntry> entries = [];
        await using (round.ConfigureAwait(false))
        {
            var rows = await round.ReadAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
            {
                while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                    entries.Add(new FeedEntry(rows.GetInt64(0), rows.GetString(1), LogEntryCodec.Decode(rows.Bytes(2)), rows.Digest(3)));
            }
        }

        return entries;
    }
}

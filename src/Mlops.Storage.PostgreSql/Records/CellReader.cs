using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>Reads cells. One is absent from the instant at which it expires.</summary>
internal static class CellReader
{
    private const string Select = "SELECT key, value, version, owner, expires FROM mlops.cells WHERE (expires IS NULL OR expires > $1)";

    public static async Task<Cell?> FindAsync(Database database, NpgsqlConnection connection, string key, CancellationToken cancellationToken)
    {
        var round = new Round(database, connection).Add(Select + " AND key = $2", Now(database), Args.Of(key));
        return (await ReadAsync(round, cancellationToken).ConfigureAwait(false)).SingleOrDefault();
    }

    public static Task<List<Cell>> FindAsync(
        Database database, NpgsqlConnection connection, IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        ReadAsync(new Round(database, connection).Add(Select + " AND key = ANY($2)", Now(database), Args.All(keys)), cancellationToken);

    public static async Task<List<Cell>> ListAsync(Database database, NpgsqlConnection connection, string prefix, CancellationToken cancellationToken)
    {
        // the upper end is for the index; where it is not easily said, the beginning is compared
        var round = prefix.Length > 0 && prefix[^1] < '~'
            ? new Round(database, connection).Add(
                Select + " AND key >= $2 AND key < $3", Now(database), Args.Of(prefix), Args.Of(prefix[..^1] + (char)(prefix[^1] + 1)))
            : new Round(database, connection).Add(
                Select + " AND key >= $2 AND \"left\"(key, $3) = $2", Now(database), Args.Of(prefix), Args.Of(prefix.EnumerateRunes().Count()));
        var cells = await ReadAsync(round, cancellationToken).ConfigureAwait(false);

        // UTF-8 bytes order differently from UTF-16 units beyond the basic plane
        cells.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        return cells;
    }

    private static NpgsqlParameter Now(Database database) => Args.Of(Microseconds.From(database.Options.Time.GetUtcNow()));

    private static async Task<List<Cell>> ReadAsync(Round round, CancellationToken cancellationToken)
    {
        List<Cell> cells = [];
        await round.ReadRowsAsync(
            cancellationToken,
            row => cells.Add(new Cell(
                row.GetString(0),
                row.Bytes(1),
                row.GetInt64(2),
                row.IdOrNull(3),
                row.Int64OrNull(4) is { } expires ? Microseconds.ToTime(expires) : null))).ConfigureAwait(false);
        return cells;
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Brings a schema to the newest format. Each migration is one script, Migration0001.sql and on; all that a schema lacks run in
/// one transaction under an advisory lock, so that many processes may open a new store at once. A schema that is up to date is
/// not written to.
/// </summary>
internal sealed class Migrations(Database database)
{
    /// <summary>The newest format, and what programs must know to use it. Changes expand first: these rise one major later.</summary>
    public const int Format = 1;

    private const int OldestReader = 1;
    private const int OldestWriter = 1;
    private const int MostAttempts = 20;
    private bool _hasLocks = true;

    public async Task<StoreInfo> ApplyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (await ReadAsync(connection, cancellationToken).ConfigureAwait(false) is { } current && current.FormatVersion >= Format)
                return current;
            try
            {
                await UpgradeAsync(connection, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (_hasLocks && IsUnknown(e))
            {
                _hasLocks = false;
            }
            catch (PostgresException e) when (attempt < MostAttempts && IsRace(e))
            {
                // without an advisory lock whoever makes the tables first wins
                await Database.DelayAsync(attempt, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static bool IsUnknown(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.FeatureNotSupported;

    private static bool IsRace(PostgresException e) => PostgreSqlFailure.IsCollision(e) || e.SqlState is
        PostgresErrorCodes.DuplicateTable or PostgresErrorCodes.DuplicateSchema or PostgresErrorCodes.DuplicateObject;

    /// <summary>Few round trips, however many statements: each is one more at which a bad network can break.</summary>
    private async Task UpgradeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            if (_hasLocks)
            {
                await new Round(database, connection).Add("SELECT pg_advisory_xact_lock($1)", Args.Of(LockNumber()))
                    .ExecuteAsync(cancellationToken).ConfigureAwait(false);
            }

            var (hasSchema, tables, stores) = (false, 0L, 0L);
            await new Round(database, connection)
                .Add("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", Args.Of(database.Options.Schema))
                .Add(
                    "SELECT count(*), count(*) FILTER (WHERE tablename IN ('store', 'records')) FROM pg_catalog.pg_tables WHERE schemaname = $1",
                    Args.Of(database.Options.Schema))
                .ReadRowsAsync(cancellationToken, _ => hasSchema = true, row => (tables, stores) = (row.GetInt64(0), row.GetInt64(1)))
                .ConfigureAwait(false);
            if (tables > 0 && stores != 2)
            {
                throw new IntegrityException(
                    $"The schema '{database.Options.Schema}' of '{database.Location}' holds other tables and is not a store; name another schema, it is left as it is.");
            }

            var found = tables > 0 ? await ReadAsync(connection, cancellationToken).ConfigureAwait(false) : null;
            if (found is not null && found.FormatVersion >= Format)
                return;
            var round = new Round(database, connection);
            if (!hasSchema)
                round.Add($"CREATE SCHEMA \"{database.Options.Schema}\"");
            for (var number = (found?.FormatVersion ?? 0) + 1; number <= Format; number++)
            {
                foreach (var statement in Script(number))
                    round.Add(statement);
            }

            if (found is null)
            {
                round.Add("INSERT INTO mlops.feed (one, last) VALUES (true, 0)").Add(
                    "INSERT INTO mlops.store (id, format, oldest_reader, oldest_writer, created) VALUES ($1, $2, $3, $4, $5)",
                    Args.Of(new IdGenerator(database.Options.Time).Next()),
                    Args.Of((long)Format),
                    Args.Of((long)OldestReader),
                    Args.Of((long)OldestWriter),
                    Args.Of(Microseconds.From(database.Options.Time.GetUtcNow())));
            }
            else
            {
                round.Add(
                    "UPDATE mlops.store SET format = $1, oldest_reader = $2, oldest_writer = $3",
                    Args.Of((long)Format),
                    Args.Of((long)OldestReader),
                    Args.Of((long)OldestWriter));
            }

            await round.ExecuteAsync(cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One round; null if there is no such table.</summary>
    private async Task<StoreInfo?> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        StoreInfo? info = null;
        try
        {
            await new Round(database, connection).Add("SELECT id, format, oldest_reader, oldest_writer FROM mlops.store").ReadRowsAsync(
                cancellationToken,
                row =>
                {
                    CheckVersion("read", row.GetInt32(2));
                    CheckVersion("written", row.GetInt32(3));
                    info = new StoreInfo(row.Id(0), database.Location, row.GetInt32(1));
                }).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            return null;
        }

        return info ?? throw new IntegrityException($"The store '{database.Location}' has lost its own description; restore it from a backup.");
    }

    private void CheckVersion(string verb, int needed)
    {
        if (needed > Format)
        {
            throw new StoreVersionException(
                $"The store '{database.Location}' may only be {verb} by programs that know format {needed}, and this one knows format {Format}; upgrade the Mlops packages.");
        }
    }

    private long LockNumber() =>
        BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"mlops migrations {database.Options.Schema}")));

    // the protocol takes one statement at a time; the scripts have no ';' but at the end of a statement
    private string[] Script(int number)
    {
        var script = Text(number, "");

        // CockroachDB makes a type of its own of each collation; without one it compares bytes, which is what is wanted
        if (database.IsCockroach)
            script = script.Replace(" COLLATE \"C\"", "", StringComparison.Ordinal);
        if (database.IsPostgreSql)
            script += Text(number, ".PostgreSql");
        return script.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static string Text(int number, string engine)
    {
        using var stream = typeof(Migrations).Assembly.GetManifestResourceStream(string.Create(CultureInfo.InvariantCulture, $"Migration{number:0000}{engine}.sql"));
        if (stream is null)
            return "";
        using var reader = new StreamReader(stream);
        return string.Join('\n', reader.ReadToEnd().Split('\n').Select(line => line.Split("--")[0]));
    }
}

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

    private async Task UpgradeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            if (_hasLocks)
                await ExecuteAsync("SELECT pg_advisory_xact_lock($1)", Args.Of(LockNumber())).ConfigureAwait(false);
            var found = await ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            if (found is not null && found.FormatVersion >= Format)
                return;
            if (!await ExistsAsync("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1").ConfigureAwait(false))
                await ExecuteAsync($"CREATE SCHEMA {database.Options.Schema}").ConfigureAwait(false);
            for (var number = (found?.FormatVersion ?? 0) + 1; number <= Format; number++)
            {
                foreach (var statement in Script(number, database.IsCockroach))
                    await ExecuteAsync(statement).ConfigureAwait(false);
            }

            if (found is null)
            {
                await ExecuteAsync("INSERT INTO mlops.feed (one, last) VALUES (true, 0)").ConfigureAwait(false);
                await ExecuteAsync(
                    "INSERT INTO mlops.store (id, format, oldest_reader, oldest_writer, created) VALUES ($1, $2, $3, $4, $5)",
                    Args.Of(new IdGenerator(database.Options.Time).Next()),
                    Args.Of((long)Format),
                    Args.Of((long)OldestReader),
                    Args.Of((long)OldestWriter),
                    Args.Of(Microseconds.From(database.Options.Time.GetUtcNow()))).ConfigureAwait(false);
            }
            else
            {
                await ExecuteAsync(
                    "UPDATE mlops.store SET format = $1, oldest_reader = $2, oldest_writer = $3",
                    Args.Of((long)Format),
                    Args.Of((long)OldestReader),
                    Args.Of((long)OldestWriter)).ConfigureAwait(false);
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }

        async Task ExecuteAsync(string sql, params NpgsqlParameter[] parameters)
        {
            var round = new Round(database, connection);
            await using (round.ConfigureAwait(false))
                await round.Add(sql, parameters).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }

        async Task<bool> ExistsAsync(string sql)
        {
            var round = new Round(database, connection).Add(sql, Args.Of(database.Options.Schema));
            await using (round.ConfigureAwait(false))
            {
                var rows = await round.ReadAsync(cancellationToken).ConfigureAwait(false);
                await using (rows.ConfigureAwait(false))
                    return await rows.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<StoreInfo?> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var tables = new Round(database, connection).Add(
            "SELECT count(*) FILTER (WHERE tablename IN ('store', 'records')), count(*) FROM pg_catalog.pg_tables WHERE schemaname = $1",
            Args.Of(database.Options.Schema));
        await using (tables.ConfigureAwait(false))
        {
            var rows = await tables.ReadAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
            {
                await rows.ReadAsync(cancellationToken).ConfigureAwait(false);
                if (rows.GetInt64(1) == 0)
                    return null;
                if (rows.GetInt64(0) != 2)
                {
                    throw new IntegrityException(
                        $"The schema '{database.Options.Schema}' of '{database.Location}' holds other tables and is not a store; name another schema, it is left as it is.");
                }
            }
        }

        var store = new Round(database, connection).Add("SELECT id, format, oldest_reader, oldest_writer FROM mlops.store");
        await using (store.ConfigureAwait(false))
        {
            var rows = await store.ReadAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
            {
                if (!await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                    throw new IntegrityException($"The store '{database.Location}' has lost its own description; restore it from a backup.");
                CheckVersion("read", rows.GetInt32(2));
                CheckVersion("written", rows.GetInt32(3));
                return new StoreInfo(rows.Id(0), database.Location, rows.GetInt32(1));
            }
        }
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
    private static string[] Script(int number, bool isCockroach)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"Migration{number:0000}.sql");
        using var stream = typeof(Migrations).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        var lines = reader.ReadToEnd().Split('\n').Select(line => line.Split("--")[0]);
        var script = string.Join('\n', lines);

        // CockroachDB makes a type of its own of each collation; without one it compares bytes, which is what is wanted
        if (isCockroach)
            script = script.Replace(" COLLATE \"C\"", "", StringComparison.Ordinal);
        return script.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}

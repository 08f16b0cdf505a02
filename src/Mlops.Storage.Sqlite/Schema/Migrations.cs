using System.Globalization;

namespace Mlops.Storage.Sqlite;

/// <summary>
/// Brings a file to the newest format. Each migration is one script, Migration0001.sql and on; all that a file lacks run in one
/// transaction under the write lock, so that many processes may open a new store at once. A file that is up to date is not
/// written to.
/// </summary>
internal static class Migrations
{
    /// <summary>The newest format, and what programs must know to use it. Changes expand first: these rise one major later.</summary>
    public const int Format = 1;

    private const int OldestReader = 1;
    private const int OldestWriter = 1;

    public static StoreInfo Apply(Session session, IdGenerator ids, TimeProvider time)
    {
        if (Read(session) is { } current && current.FormatVersion >= Format)
            return current;
        session.BeginImmediate.Execute();
        try
        {
            // another process may have been faster
            var found = Read(session);
            if (found is null || found.FormatVersion < Format)
            {
                for (var number = (found?.FormatVersion ?? 0) + 1; number <= Format; number++)
                    session.ExecuteScript(Script(number));
                if (found is null)
                    Insert(session, ids.Next(), Microseconds.From(time.GetUtcNow()));
                else
                    Update(session);
            }

            session.Commit.Execute();
        }
        catch
        {
            if (session.InTransaction)
                session.Rollback.Run();
            throw;
        }

        return Read(session)!;
    }

    private static StoreInfo? Read(Session session)
    {
        var tables = session.Scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table'");
        if (tables == 0)
            return null;
        if (session.Scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('store', 'records')") != 2)
        {
            throw new IntegrityException(
                $"The file '{session.Path}' is a SQLite database but not a store; name another path, the file is left as it is.");
        }

        using var statement = new Statement(session, "SELECT id, format, oldest_reader, oldest_writer FROM store");
        using var rows = statement.Query();
        if (!rows.Read())
            throw new IntegrityException($"The store '{session.Path}' has lost its own description; restore the file from a copy.");
        CheckVersion(session.Path, "read", rows.Int64(2));
        CheckVersion(session.Path, "written", rows.Int64(3));
        return new StoreInfo(rows.Id(0), session.Path, (int)rows.Int64(1));
    }

    private static void CheckVersion(string path, string verb, long needed)
    {
        if (needed > Format)
        {
            throw new StoreVersionException(
                $"The store '{path}' may only be {verb} by programs that know format {needed}, and this one knows format {Format}; upgrade the Mlops packages.");
        }
    }

    private static void Insert(Session session, RecordId id, long now)
    {
        using var statement = new Statement(
            session,
            "INSERT INTO store (id, format, oldest_reader, oldest_writer, created, cell_version) VALUES (?1, ?2, ?3, ?4, ?5, 0)");
        statement.Bind(1, id).Bind(2, (long)Format).Bind(3, (long)OldestReader).Bind(4, (long)OldestWriter).Bind(5, now).Execute();
    }

    private static void Update(Session session)
    {
        using var statement = new Statement(session, "UPDATE store SET format = ?1, oldest_reader = ?2, oldest_writer = ?3");
        statement.Bind(1, (long)Format).Bind(2, (long)OldestReader).Bind(3, (long)OldestWriter).Execute();
    }

    private static string Script(int number)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"Migration{number:0000}.sql");
        using var stream = typeof(Migrations).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

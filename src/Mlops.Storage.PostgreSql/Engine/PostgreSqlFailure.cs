using System.Net.Sockets;
using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>Says in the SDK's words what the server and the network report.</summary>
internal static class PostgreSqlFailure
{
    /// <summary>An error of the server, the driver or the network.</summary>
    public static bool IsOfDatabase(Exception e) => e is NpgsqlException or SocketException or IOException or TimeoutException;

    /// <summary>The transaction collided with another, was rolled back, and may be tried again.</summary>
    public static bool IsCollision(Exception e) => e is PostgresException
    {
        // 40001 cannot serialise, 40P01 deadlock, 23505 somebody else made the same row first
        SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.UniqueViolation,
    };

    /// <summary>The server cannot be reached, or ended the connection: what was sent last may or may not have been done.</summary>
    public static bool IsAway(Exception e) => e switch
    {
        PostgresException p => IsEndOfConnection(p),
        NpgsqlException { InnerException: TimeoutException } => false,
        NpgsqlException { InnerException: SocketException or IOException } => true,
        NpgsqlException n => n.IsTransient,
        SocketException or IOException => true,
        _ => false,
    };

    /// <summary>After this error of a round that ended with COMMIT, it is not known whether it was done.</summary>
    public static bool IsUncertain(Exception e) => IsOfDatabase(e) && (e is not PostgresException p || IsEndOfConnection(p));

    public static Exception Translate(Exception e, Database database) => e switch
    {
        PostgresException p => Translate(p, database),
        _ when IsPoolExhausted(e) => new StorageUnavailableException(
            $"All connections to the store '{database.Location}' are in use; try again, or raise 'Maximum Pool Size'.", e),
        _ when IsTimeout(e) => new StorageUnavailableException(
            $"The store '{database.Location}' did not answer within {database.CommandSeconds} s; try again, or raise the command timeout.", e),
        _ => new StorageUnavailableException(
            $"The store '{database.Location}' cannot be reached; check that the server runs and that the network lets this machine through, then try again.", e),
    };

    /// <summary>Every connection that the pool may make is in use.</summary>
    public static bool IsPoolExhausted(Exception e) => e is NpgsqlException && e.Message.Contains("pool has been exhausted", StringComparison.Ordinal);

    private static bool IsTimeout(Exception e) => e is TimeoutException || e.InnerException is TimeoutException;

    // 57P..: shut down, crash of another process, starting up; 08..: connection; 25P03 and 25P04: ended by a time limit; 40003: the
    // outcome is unknown
    private static bool IsEndOfConnection(PostgresException p) =>
        p.SqlState.StartsWith("57P", StringComparison.Ordinal) || p.SqlState.StartsWith("08", StringComparison.Ordinal)
        || p.SqlState is "25P03" or "25P04" or PostgresErrorCodes.StatementCompletionUnknown
        || (p.InvariantSeverity is "FATAL" or "PANIC" && !p.SqlState.StartsWith("28", StringComparison.Ordinal) && p.SqlState != PostgresErrorCodes.InvalidCatalogName);

    private static Exception Translate(PostgresException p, Database database) => p.SqlState switch
    {
        _ when IsEndOfConnection(p) => new StorageUnavailableException(
            $"The server of the store '{database.Location}' ended the connection ({p.SqlState}); try again.", p),
        PostgresErrorCodes.QueryCanceled => new StorageUnavailableException(
            $"The store '{database.Location}' did not answer within {database.CommandSeconds} s; try again, or raise the command timeout.", p),
        PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.OutOfMemory => new StorageUnavailableException(
            $"The server of the store '{database.Location}' is busy beyond its bounds ({p.SqlState}); try again, or raise them.", p),
        PostgresErrorCodes.DiskFull => new StorageUnavailableException(
            $"The disk of the store '{database.Location}' is full; free some space, then try again. Nothing of the batch was kept.", p),
        PostgresErrorCodes.ReadOnlySqlTransaction => new StorageUnavailableException(
            $"The store '{database.Location}' is read-only; connect to the primary server.", p),
        PostgresErrorCodes.InvalidCatalogName => new StorageUnavailableException(
            $"The database of the store '{database.Location}' does not exist; create it, or correct the name.", p)
        { NeedsRepair = true },
        PostgresErrorCodes.InsufficientPrivilege => new StorageUnavailableException(
            $"The store '{database.Location}' refuses this user; grant it the rights on the schema '{database.Options.Schema}'.", p)
        { NeedsRepair = true },
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => new IntegrityException(
            $"The store '{database.Location}' is damaged ({p.SqlState}); restore it from a backup.", p),
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn => new IntegrityException(
            $"The schema '{database.Options.Schema}' of '{database.Location}' lacks a table or column of a store ({p.SqlState}); restore it from a backup.", p),
        PostgresErrorCodes.ProgramLimitExceeded => new ArgumentException("A value is larger than the store can keep (about 1 GB)."),
        _ when p.SqlState.StartsWith("28", StringComparison.Ordinal) => new StorageUnavailableException(
            $"The server of the store '{database.Location}' did not accept user or password; correct the connection string.", p)
        { NeedsRepair = true },
        _ when p.SqlState.StartsWith("53", StringComparison.Ordinal) || IsCollision(p) => new StorageUnavailableException(
            $"The server of the store '{database.Location}' is short of resources or too busy ({p.SqlState}); try again.", p),
        _ when p.SqlState.StartsWith("58", StringComparison.Ordinal) || p.SqlState.StartsWith("XX", StringComparison.Ordinal) =>
            new StorageUnavailableException(
                $"The server of the store '{database.Location}' failed by itself ('{p.MessageText}', {p.SqlState}); its log says why. Try again then.", p),
        _ when p.SqlState.StartsWith("23", StringComparison.Ordinal) => new IntegrityException(
            $"The store '{database.Location}' holds rows that contradict each other ({p.SqlState}, {p.ConstraintName}); verify it.", p),
        _ => new InvalidOperationException(
            $"The server of the store '{database.Location}' reports '{p.MessageText}' ({p.SqlState}); this is a defect.", p),
    };
}

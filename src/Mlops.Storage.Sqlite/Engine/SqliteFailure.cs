using SQLitePCL;

namespace Mlops.Storage.Sqlite;

/// <summary>Says in the SDK's words what SQLite reports.</summary>
internal static class SqliteFailure
{
    public static bool IsBusy(int code) => (code & 0xFF) is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;

    public static Exception Translate(int code, string message, string path) => (code & 0xFF) switch
    {
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new StorageUnavailableException(
            $"The store '{path}' is held by another process; try again, or raise the busy timeout."),
        raw.SQLITE_FULL => new StorageUnavailableException(
            $"The disk of the store '{path}' is full; free some space, then try again. Nothing of the batch was kept."),
        raw.SQLITE_IOERR => new StorageUnavailableException(
            $"Reading or writing the store '{path}' failed ({message}, code {code}); check that its disk is there and healthy."),
        raw.SQLITE_READONLY => new StorageUnavailableException(
            $"The store '{path}' is read-only for this process; allow writing to the file and its folder."),
        raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_AUTH => new StorageUnavailableException(
            $"The store '{path}' cannot be opened ({message}); check that the folder exists and allows reading and writing."),
        raw.SQLITE_CORRUPT => new IntegrityException(
            $"The store '{path}' is damaged ({message}); restore the file from a copy, or save what is readable with the "
            + "'.recover' command of the sqlite3 tool."),
        raw.SQLITE_NOTADB => new IntegrityException(
            $"The file '{path}' is not a store, or its beginning is damaged; restore it from a copy, or name another path."),
        raw.SQLITE_NOMEM => new StorageUnavailableException($"SQLite ran out of memory on the store '{path}'; free some, then try again."),
        raw.SQLITE_TOOBIG => new ArgumentException("A value is larger than the store can keep (about 1 GB)."),
        raw.SQLITE_INTERRUPT => new OperationCanceledException(),
        _ => new InvalidOperationException($"SQLite reports '{message}' (code {code}) on the store '{path}'; this is a defect."),
    };
}

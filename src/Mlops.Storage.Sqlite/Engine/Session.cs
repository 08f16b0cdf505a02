using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Mlops.Storage.Sqlite;

/// <summary>One connection with its compiled statements. Used by one thread at a time.</summary>
internal sealed class Session : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly List<Statement> _statements = [];

    /// <param name="path">The database file, created when absent.</param>
    /// <param name="names">The names that all sessions of a store share.</param>
    /// <param name="busy">How long SQLite itself waits for a lock; the writer waits above, where it can be cancelled.</param>
    public Session(string path, NameCache names, TimeSpan busy)
    {
        Path = path;
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            _connection.Open();
            Handle = _connection.Handle!;
            WaitFor(busy);

            // the native build defaults to foreign keys and would look for them at each write
            Execute("PRAGMA foreign_keys = OFF");
            Execute("PRAGMA temp_store = MEMORY");
            Execute("PRAGMA cache_size = -16384");
            Execute("PRAGMA mmap_size = 268435456");
        }
        catch (SqliteException e)
        {
            _connection.Dispose();
            throw SqliteFailure.Translate(e.SqliteExtendedErrorCode, e.Message, path);
        }
        catch
        {
            Dispose();
            throw;
        }

        Names = new NameTable(this, names);
        Records = new RecordTable(this);
        Fields = new FieldTable(this);
        Log = new LogTable(this);
        Series = new SeriesTable(this);
        Cells = new CellTable(this);
    }

    public string Path { get; }

    public sqlite3 Handle { get; } = null!;

    public NameTable Names { get; }

    public RecordTable Records { get; }

    public FieldTable Fields { get; }

    public LogTable Log { get; }

    public SeriesTable Series { get; }

    public CellTable Cells { get; }

    /// <summary>Inside a transaction, also after an error that SQLite answered by rolling back.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(Handle) == 0;

    public void WaitFor(TimeSpan busy) => Check(raw.sqlite3_busy_timeout(Handle, (int)busy.TotalMilliseconds));

    /// <summary>Runs a statement that is needed once.</summary>
    public void Execute(string sql)
    {
        using var statement = new Statement(this, sql);
        statement.Execute();
    }

    /// <summary>Runs several statements that have no parameters.</summary>
    public void ExecuteScript(string sql) => Check(raw.sqlite3_exec(Handle, sql));

    /// <summary>The first column of the first row, or null.</summary>
    public long? Scalar(string sql)
    {
        using var statement = new Statement(this, sql);
        using var rows = statement.Query();
        return rows.Read() ? rows.Int64OrNull(0) : null;
    }

    public void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            throw Failure(code);
    }

    public Exception Failure(int code)
    {
        var extended = raw.sqlite3_extended_errcode(Handle);
        return SqliteFailure.Translate((extended & 0xFF) == (code & 0xFF) ? extended : code, raw.sqlite3_errmsg(Handle).utf8_to_string(), Path);
    }

    internal void Own(Statement statement) => _statements.Add(statement);

    internal void Disown(Statement statement) => _statements.Remove(statement);

    public void Dispose()
    {
        foreach (var statement in _statements)
            statement.Dispose();
        _statements.Clear();
        _connection.Dispose();
    }
}

using System.Diagnostics;
using SQLitePCL;

namespace Mlops.Storage.Sqlite;

/// <summary>One connection with its compiled statements. Used by one thread at a time.</summary>
internal sealed class Session : IDisposable
{
    private const int MostQueries = 64;

    // SQLITE_DBCONFIG_ENABLE_QPSG, the "query planner stability guarantee"
    private const int KeepPlans = 1007;
    private readonly List<Statement> _statements = [];
    private readonly Dictionary<string, Statement> _queries = new(StringComparer.Ordinal);
    private bool _secureDelete;

    /// <param name="path">The database file, created when absent.</param>
    /// <param name="names">The names that all sessions of a store share.</param>
    /// <param name="busy">How long SQLite itself waits for a lock; the writer waits above, where it can be cancelled.</param>
    public Session(string path, NameCache names, TimeSpan busy)
    {
        Path = path;
        Handle = Open(path);
        try
        {
            WaitFor(busy);

            // a plan that looks at values would be made anew for each; all are made to hold for any
            Check(raw.sqlite3_db_config(Handle, KeepPlans, 1, out _));

            // the writer maps nothing: what it touched would stay in its memory, and it gains nothing by that
            // the native build defaults to foreign keys and would look for them at each write
            ExecuteScript("PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384");
        }
        catch
        {
            Dispose();
            throw;
        }

        Begin = Prepare("BEGIN");
        BeginImmediate = Prepare("BEGIN IMMEDIATE");
        Commit = Prepare("COMMIT");
        Rollback = Prepare("ROLLBACK");
        Names = new NameTable(this, names);
        Records = new RecordTable(this);
        Fields = new FieldTable(this);
        Log = new LogTable(this);
        Series = new SeriesTable(this);
        Shown = new ShownTable(this);
        Cells = new CellTable(this);
        Writers = new WriterTable(this);
        Counters = new CounterTable(this);
    }

    public string Path { get; }

    /// <summary>The one session that writes; names that it adds may still be rolled back.</summary>
    public bool IsWriter { get; init; }

    public sqlite3 Handle { get; }

    public Statement Begin { get; }

    public Statement BeginImmediate { get; }

    public Statement Commit { get; }

    public Statement Rollback { get; }

    public NameTable Names { get; }

    public RecordTable Records { get; }

    public FieldTable Fields { get; }

    public LogTable Log { get; }

    public SeriesTable Series { get; }

    public ShownTable Shown { get; }

    public CellTable Cells { get; }

    public WriterTable Writers { get; }

    public CounterTable Counters { get; }

    /// <summary>The functions that filters call; only in sessions for reading.</summary>
    public FilterFunctions Functions { get; private set; } = null!;

    /// <summary>From how many hits of an index on a query does not start from it.</summary>
    public long FewHits { get; private init; }

    /// <summary>Terms that many records matched when they were counted last; a query need not count them anew.</summary>
    public RecentTerms Unselective { get; } = new();

    /// <summary>Opens a session that reads only and has the functions of filters.</summary>
    public static Session OpenReader(string path, NameCache names, SqliteStoreOptions options)
    {
        var session = new Session(path, names, options.BusyTimeout) { FewHits = options.FewHits };
        try
        {
            // a search jumps about in the file, so all of it is mapped that SQLite can map
            session.Execute("PRAGMA mmap_size = 2147418112");
            session.Execute("PRAGMA query_only = ON");
            session.Functions = new FilterFunctions(session);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Sets up what only the writer needs: the write-ahead log, and a flush at each commit.</summary>
    public void PrepareToWrite(TimeSpan busy)
    {
        // while another process turns a new file to the write-ahead log, SQLite may refuse without waiting
        var started = Stopwatch.GetTimestamp();
        using var mode = new Statement(this, "PRAGMA journal_mode = WAL");

        // sleeping, because opening is synchronous, as all of SQLite is, and there is nothing to be woken by
        for (int code; (code = mode.Run()) != raw.SQLITE_ROW; Thread.Sleep(1))
        {
            if (!SqliteFailure.IsBusy(code) || Stopwatch.GetElapsedTime(started) > busy)
                throw Failure(code);
        }

        Execute("PRAGMA synchronous = FULL");
        if (OperatingSystem.IsMacOS())
        {
            Execute("PRAGMA fullfsync = ON");
            Execute("PRAGMA checkpoint_fullfsync = ON");
        }

        Execute("PRAGMA wal_autocheckpoint = 4000");
        Execute("PRAGMA journal_size_limit = 67108864");
    }

    /// <summary>Inside a transaction, also after an error that SQLite answered by rolling back.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(Handle) == 0;

    /// <summary>The number of the row that was inserted last; RETURNING would cost a table of its own for each row.</summary>
    public long LastRow => raw.sqlite3_last_insert_rowid(Handle);

    /// <summary>How many rows the last statement wrote.</summary>
    public int ChangedRows => raw.sqlite3_changes(Handle);

    public void WaitFor(TimeSpan busy) => Check(raw.sqlite3_busy_timeout(Handle, (int)busy.TotalMilliseconds));

    /// <summary>Whether what is deleted is overwritten, so that a purge leaves nothing in free pages.</summary>
    public void SecureDelete(bool on)
    {
        if (on == _secureDelete)
            return;
        Execute(on ? "PRAGMA secure_delete = ON" : "PRAGMA secure_delete = OFF");
        _secureDelete = on;
    }

    /// <summary>A statement that is compiled at its first use and kept as long as this session.</summary>
    public Statement Prepare(string sql)
    {
        var statement = new Statement(this, sql);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>
    /// The statement of a query, kept for the next of the same form, for compiling costs more than many a query. It is valid until
    /// the next call.
    /// </summary>
    public Statement Query(string sql)
    {
        if (_queries.TryGetValue(sql, out var known))
            return known;
        if (_queries.Count == MostQueries)
            DisposeQueries();
        var statement = new Statement(this, sql);
        _queries.Add(sql, statement);
        return statement;
    }

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

    public void Dispose()
    {
        foreach (var statement in _statements)
            statement.Dispose();
        _statements.Clear();
        DisposeQueries();
        Handle.Dispose();
    }

    private void DisposeQueries()
    {
        foreach (var statement in _queries.Values)
            statement.Dispose();
        _queries.Clear();
    }

    // without the mutex that SQLite would take at each call: a session is used by one thread at a time
    private static sqlite3 Open(string path)
    {
        Batteries_V2.Init();
        if (raw.GetNativeLibraryName() != Native.Library)
        {
            throw new InvalidOperationException(
                $"This process uses SQLite through '{raw.GetNativeLibraryName()}', and the store needs '{Native.Library}', the library of Microsoft.Data.Sqlite; remove the other provider.");
        }

        var code = raw.sqlite3_open_v2(path, out var handle, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null);
        if (code == raw.SQLITE_OK)
            return handle;
        using (handle)
            throw SqliteFailure.Translate(code, raw.sqlite3_errstr(code).utf8_to_string(), path);
    }
}

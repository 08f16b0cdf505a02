using Microsoft.Data.Sqlite;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>
/// A SQLite file that is only read. One whose journal would have to be written to be read (a write-ahead log, or the rollback of
/// a crash) is read from a temporary copy, so that nothing is ever written beside the source.
/// </summary>
internal sealed class SqlFile : IDisposable
{
    private static readonly string[] ValueFindings = ["NULL value in", "NUMERIC value in", "TEXT value in", "NON-", "CHECK constraint failed in"];
    private readonly SqliteConnection _connection;
    private readonly SqliteTransaction _transaction;
    private readonly string? _copyFolder;
    private readonly Dictionary<string, HashSet<string>> _columns = new(StringComparer.OrdinalIgnoreCase);

    private SqlFile(SqliteConnection connection, string? copyFolder)
    {
        _connection = connection;
        _copyFolder = copyFolder;
        _connection.Open();
        _transaction = connection.BeginTransaction(deferred: true);
        using var tables = Prepare("SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'");
        using var reader = tables.ExecuteReader();
        while (reader.Read())
        {
            if (!_columns.TryGetValue(reader.GetString(0), out var columns))
                _columns[reader.GetString(0)] = columns = new(StringComparer.OrdinalIgnoreCase);
            columns.Add(reader.GetString(1));
        }
    }

    /// <exception cref="ArgumentException">The file is not a database of MLflow.</exception>
    /// <exception cref="IntegrityException">The database is damaged.</exception>
    public static SqlFile Open(string path)
    {
        string? folder = null;
        SqliteConnection? connection = null;
        try
        {
            var header = ReadHeader(path);
            if (!header.AsSpan().StartsWith("SQLite format 3\0"u8))
                throw new ArgumentException($"'{path}' is not a SQLite database. Pass the path of an mlflow.db or of an mlruns folder.", nameof(path));
            if (header[18] == 2 || File.Exists(path + "-journal"))
                folder = Directory.CreateTempSubdirectory("mlops-import-").FullName;
            connection = new SqliteConnection(
                new SqliteConnectionStringBuilder
                {
                    DataSource = folder is null ? path : Copy(path, folder),
                    Mode = folder is null ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite,
                    Pooling = false,
                }.ToString());
            var file = new SqlFile(connection, folder);
            if (file.Has("experiments") && file.Has("runs"))
                return file.Checked(path);
            throw new ArgumentException(
                $"'{path}' is a SQLite database, but not one of MLflow: it has no tables 'experiments' and 'runs'.", nameof(path));
        }
        catch (Exception e)
        {
            connection?.Dispose();
            if (folder is not null)
                Directory.Delete(folder, recursive: true);
            if (e is SqliteException damaged)
                throw Translate(damaged, path);
            if (e is IOException or UnauthorizedAccessException)
                throw new StorageUnavailableException($"The database '{path}' cannot be read: {e.Message}", e);
            throw;
        }
    }

    public static Exception Translate(SqliteException e, string path) => e.SqliteErrorCode switch
    {
        // SQLITE_ERROR, where a column is missing; SQLITE_CORRUPT and SQLITE_NOTADB
        1 => new ArgumentException($"'{path}' has tables that are not those of MLflow: {e.Message}", nameof(path), e),
        11 or 26 => Damaged(path, e.Message, e),
        _ => new StorageUnavailableException($"The database '{path}' cannot be read: {e.Message}", e),
    };

    public bool Has(string table) => _columns.ContainsKey(table);

    public IEnumerable<string> Tables => _columns.Keys;

    /// <summary>The column, or the expression that stands for it in a schema that has none.</summary>
    public string Column(string table, string column, string otherwise) =>
        _columns.TryGetValue(table, out var columns) && columns.Contains(column) ? column : otherwise;

    public SqliteCommand Prepare(string sql)
    {
        var command = _connection.CreateCommand();
        command.Transaction = _transaction;
#pragma warning disable CA2100 // texts are this assembly's own, and names of tables are quoted
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }

    public long Count(string table)
    {
        using var command = Prepare($"SELECT count(*) FROM \"{table.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>The rows of a table, in the order of a column if one is given.</summary>
    public IEnumerable<SqlRow> Rows(string table, string? orderBy = null)
    {
        using var command = Prepare($"SELECT * FROM {table} ORDER BY {orderBy ?? "rowid"}");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            Dictionary<string, object?> values = new(StringComparer.Ordinal);
            for (var i = 0; i < reader.FieldCount; i++)
                values[reader.GetName(i)] = reader.IsDBNull(i) ? null : reader.GetValue(i);
            yield return new SqlRow(values);
        }
    }

    // before anything is taken, so that a damaged database leaves nothing half here
    private SqlFile Checked(string path)
    {
        using var command = Prepare("PRAGMA quick_check");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            // what a single value should not be is reported where it is read
            var finding = reader.GetString(0);
            if (finding != "ok" && !ValueFindings.Any(v => finding.StartsWith(v, StringComparison.Ordinal)))
                throw Damaged(path, finding, null);
        }

        return this;
    }

    public void Dispose()
    {
        _transaction.Dispose();
        _connection.Dispose();
        if (_copyFolder is not null)
            Directory.Delete(_copyFolder, recursive: true);
    }

    private static IntegrityException Damaged(string path, string finding, Exception? cause) =>
        new($"The database '{path}' is damaged: {finding.ReplaceLineEndings(" ")} Repair it with sqlite3 '.recover', then import again.", cause);

    private static byte[] ReadHeader(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var header = new byte[100];
        stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        return header;
    }

    private static string Copy(string path, string folder)
    {
        var copy = Path.Combine(folder, "mlflow.db");
        foreach (var suffix in new[] { "", "-wal", "-journal" })
        {
            if (File.Exists(path + suffix))
                File.Copy(path + suffix, copy + suffix);
        }

        return copy;
    }
}

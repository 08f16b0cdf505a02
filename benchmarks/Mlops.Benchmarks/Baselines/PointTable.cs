using Microsoft.Data.Sqlite;

namespace Mlops.Benchmarks.Baselines;

/// <summary>
/// A row per point with one prepared statement whose parameters are reused. There is no index beside the row id, which favours
/// the baseline: both its speed and its size are those of a table that cannot yet be searched.
/// </summary>
internal sealed class PointTable : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private readonly SqliteParameter[] _values;

    private PointTable(SqliteConnection connection)
    {
        _connection = connection;
        _insert = connection.CreateCommand();
        _insert.CommandText = "INSERT INTO points (run, key, step, time, value) VALUES ($run, $key, $step, $time, $value)";
        _values =
        [
            _insert.Parameters.Add("$run", SqliteType.Integer),
            _insert.Parameters.Add("$key", SqliteType.Integer),
            _insert.Parameters.Add("$step", SqliteType.Integer),
            _insert.Parameters.Add("$time", SqliteType.Integer),
            _insert.Parameters.Add("$value", SqliteType.Real),
        ];
        _insert.Prepare();
    }

    /// <param name="path">The file, which is created.</param>
    /// <param name="journal">
    /// <c>WAL</c> where commits are many and small; <c>DELETE</c> where one is large, which WAL would write twice.
    /// </param>
    public static PointTable Create(string path, string journal)
    {
        using (var connection = Connect(path))
        {
            Execute(connection, $"PRAGMA journal_mode = {journal}");
            Execute(connection, "CREATE TABLE points (run INTEGER, key INTEGER, step INTEGER, time INTEGER, value REAL)");
        }

        return Open(path);
    }

    /// <summary>Opens without the connection pool, so that opening and closing are real.</summary>
    public static PointTable Open(string path)
    {
        var connection = Connect(path);
        Execute(connection, "PRAGMA synchronous = FULL");
        return new PointTable(connection);
    }

    public SqliteTransaction Begin() => _connection.BeginTransaction();

    /// <summary>Inserts a row in this transaction, or in one of its own.</summary>
    public void Insert(SqliteTransaction? transaction, int key, long step, long time, double value)
    {
        _insert.Transaction = transaction;
        _values[0].Value = 1;
        _values[1].Value = key;
        _values[2].Value = step;
        _values[3].Value = time;
        _values[4].Value = value;
        _insert.ExecuteNonQuery();
    }

    public void Dispose()
    {
        _insert.Dispose();
        _connection.Dispose();
    }

    private static SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}

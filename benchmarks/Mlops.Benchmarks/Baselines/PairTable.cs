using Microsoft.Data.Sqlite;

namespace Mlops.Benchmarks.Baselines;

/// <summary>Keys and values of runs in one table, clustered by its primary key, written by one prepared statement.</summary>
internal sealed class PairTable : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private readonly SqliteParameter _key;
    private readonly SqliteParameter _value;

    public PairTable(string path)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _connection.Open();
        using (var create = _connection.CreateCommand())
        {
            create.CommandText =
                """
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = FULL;
                CREATE TABLE pairs (run INTEGER, key TEXT, value TEXT, PRIMARY KEY (run, key)) WITHOUT ROWID;
                """;
            create.ExecuteNonQuery();
        }

        _insert = _connection.CreateCommand();
        _insert.CommandText = "INSERT INTO pairs (run, key, value) VALUES (1, $key, $value)";
        _key = _insert.Parameters.Add("$key", SqliteType.Text);
        _value = _insert.Parameters.Add("$value", SqliteType.Text);
        _insert.Prepare();
    }

    public SqliteTransaction Begin() => _connection.BeginTransaction();

    public void Insert(SqliteTransaction transaction, string key, string value)
    {
        _insert.Transaction = transaction;
        _key.Value = key;
        _value.Value = value;
        _insert.ExecuteNonQuery();
    }

    public void Dispose()
    {
        _insert.Dispose();
        _connection.Dispose();
    }
}

using Microsoft.Data.Sqlite;

namespace Mlops.Storage.Sqlite.Tests;

/// <summary>A store in a folder of its own, which goes with the test.</summary>
internal sealed class TempStore : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("mlops-sqlite-").FullName;

    public string File => Path.Combine(Folder, "store.db");

    public SqliteMetadataStore Open(TimeProvider? time = null, TimeSpan? busyTimeout = null, long fewHits = 2_000) => SqliteMetadataStore.Open(new SqliteStoreOptions
    {
        Path = File,
        Time = time ?? TimeProvider.System,
        BusyTimeout = busyTimeout ?? TimeSpan.FromSeconds(60),
        FewHits = fewHits,
    });

    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = File, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    public void Execute(string sql)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

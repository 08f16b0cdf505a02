using System.Globalization;
using Mlops.Storage.Conformance;
using Npgsql;

namespace Mlops.Storage.PostgreSql.Tests;

/// <summary>A private PostgreSQL, whose user and database are <c>mlops</c>.</summary>
public sealed class PostgreSqlServer() : ScriptServer("postgres.sh")
{
    private static int _schemas;

    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Database=mlops;Username=mlops;Timeout=5");

    /// <summary>A schema that nothing has used yet.</summary>
    public static string NewSchema() => string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _schemas)}");

    public PostgreSqlStoreOptions Options(string schema, TimeProvider? time = null) => new()
    {
        ConnectionString = ConnectionString,
        Schema = schema,
        Time = time ?? TimeProvider.System,
    };

    public async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    protected override string? FindMissing() => Directory.Exists("/usr/lib/postgresql") || IsInstalled("initdb")
        ? null
        : "PostgreSQL is not installed here (no initdb); on Debian: apt-get install postgresql-15";
}

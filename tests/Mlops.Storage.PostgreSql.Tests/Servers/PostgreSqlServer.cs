using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Mlops.Storage.PostgreSql.Tests;

/// <summary>A private server on a free port of loopback, made for the tests that share it. Where there is none, they are skipped.</summary>
public sealed class PostgreSqlServer : IAsyncLifetime
{
    private static int _schemas;
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"mlops-pg-{Environment.ProcessId}-{Path.GetRandomFileName()}");
    private string? _missing;

    public int Port { get; } = FreePort();

    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Database=mlops;Username=mlops;Timeout=5");

    public async Task InitializeAsync()
    {
        if (OperatingSystem.IsWindows() || !IsInstalled())
        {
            _missing = "PostgreSQL is not installed here (no initdb); on Debian: apt-get install postgresql-15";
            return;
        }

        var (code, error) = await RunAsync("start");
        if (code != 0)
            _missing = $"PostgreSQL could not be started: {error}";
    }

    public async Task DisposeAsync()
    {
        // also what a start that failed has left
        if (Directory.Exists(_folder))
            await RunAsync("stop");
    }

    /// <summary>Skips the test if there is no server.</summary>
    public void Require() => Skip.If(_missing is not null, _missing);

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

    /// <summary>Ends the server as a crash would.</summary>
    public async Task KillAsync() => Assert.Equal((0, ""), await RunAsync("kill"));

    public async Task RestartAsync() => Assert.Equal((0, ""), await RunAsync("restart"));

    private static bool IsInstalled() =>
        Directory.Exists("/usr/lib/postgresql")
        || (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "initdb")));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<(int Code, string Error)> RunAsync(string command)
    {
        // the server outlives the script and must not hold its pipes
        var script = Path.Combine(AppContext.BaseDirectory, "postgres.sh");
        using var process = Process.Start(new ProcessStartInfo("bash", [script, command, _folder, Port.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardError = true,
        })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }
}

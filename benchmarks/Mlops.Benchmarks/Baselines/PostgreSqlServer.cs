using System.Globalization;

namespace Mlops.Benchmarks.Baselines;

/// <summary>A private PostgreSQL.</summary>
internal sealed class PostgreSqlServer(ScriptServer server) : IAsyncDisposable
{
    /// <summary>Why a figure that needs a server is not measured.</summary>
    public const string Missing = "no server (postgresql is not installed)";

    public string Uri => string.Create(CultureInfo.InvariantCulture, $"postgres://mlops@127.0.0.1:{server.Port}/mlops");

    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={server.Port};Database=mlops;Username=mlops");

    /// <summary>Starts the server; null if there is none to start.</summary>
    public static async Task<PostgreSqlServer?> StartAsync() =>
        await ScriptServer.StartAsync("postgres.sh", "/usr/lib/postgresql") is { } server ? new PostgreSqlServer(server) : null;

    public Task KillAsync() => server.KillAsync();

    public Task RestartAsync() => server.RestartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();
}

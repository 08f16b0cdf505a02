using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Mlops.Benchmarks.Baselines;

/// <summary>A private server on a free port of loopback, started by the script of the tests and removed at the end.</summary>
internal sealed class PostgreSqlServer : IAsyncDisposable
{
    // not below the workspace, whose folder the server's own user may not enter
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"mlops-figures-pg-{Environment.ProcessId}");
    private readonly int _port = FreePort();

    /// <summary>Why a figure that needs a server is not measured.</summary>
    public const string Missing = "no server (postgresql is not installed)";

    public string Uri => string.Create(CultureInfo.InvariantCulture, $"postgres://mlops@127.0.0.1:{_port}/mlops");

    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Database=mlops;Username=mlops");

    /// <summary>Starts the server; null if there is none to start.</summary>
    public static async Task<PostgreSqlServer?> StartAsync()
    {
        if (!Directory.Exists("/usr/lib/postgresql"))
            return null;
        var server = new PostgreSqlServer();
        await server.RunAsync("start");
        return server;
    }

    /// <summary>Ends the server as a crash would.</summary>
    public Task KillAsync() => RunAsync("kill");

    public Task RestartAsync() => RunAsync("restart");

    public async ValueTask DisposeAsync() => await RunAsync("stop");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task RunAsync(string command)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "postgres.sh");
        using var process = Process.Start("bash", [script, command, _folder, _port.ToString(CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"'postgres.sh {command}' ended with {process.ExitCode}.");
    }
}

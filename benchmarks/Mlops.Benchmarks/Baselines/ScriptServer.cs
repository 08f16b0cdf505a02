using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Mlops.Benchmarks.Baselines;

/// <summary>A private server on a free port of loopback, started by a script of the tests and removed at the end.</summary>
internal sealed class ScriptServer : IAsyncDisposable
{
    private readonly string _script;

    // not below the workspace, whose folder the server's own user may not enter
    private readonly string _folder;

    private ScriptServer(string script)
    {
        _script = script;
        _folder = Path.Combine(Path.GetTempPath(), $"mlops-figures-{Path.GetFileNameWithoutExtension(script)}-{Environment.ProcessId}");
    }

    public int Port { get; } = FreePort();

    /// <summary>Starts a server; null if a program that it needs is not installed.</summary>
    public static async Task<ScriptServer?> StartAsync(string script, params string[] programs)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!programs.All(program => File.Exists(program) || Directory.Exists(program) || folders.Any(folder => File.Exists(Path.Combine(folder, program)))))
            return null;
        var server = new ScriptServer(script);
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
        using var process = Process.Start("bash", [Path.Combine(AppContext.BaseDirectory, _script), command, _folder, Port.ToString(CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"'{_script} {command}' ended with {process.ExitCode}.");
    }
}

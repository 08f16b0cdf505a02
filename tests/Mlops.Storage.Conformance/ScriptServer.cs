using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Mlops.Storage.Conformance;

/// <summary>
/// A private server on a free port of loopback, started by a script of <c>tests/servers</c> for the tests that share it. Where there
/// is none, they are skipped with the reason.
/// </summary>
/// <param name="script">The script's file name, in the folder of the tests.</param>
public abstract class ScriptServer(string script) : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(
        Path.GetTempPath(), $"mlops-{Path.GetFileNameWithoutExtension(script)}-{Environment.ProcessId}-{Path.GetRandomFileName()}");

    private string? _missing;

    public int Port { get; } = FreePort();

    public async Task InitializeAsync()
    {
        _missing = OperatingSystem.IsWindows() ? $"{script} needs a Unix" : FindMissing();
        if (_missing is not null)
            return;
        var (code, error) = await RunAsync("start");
        if (code != 0)
            _missing = $"'{script} start' ended with {code}: {error}";
        else
            await PrepareAsync();
    }

    public async Task DisposeAsync()
    {
        // also what a start that failed has left
        if (Directory.Exists(_folder))
            await RunAsync("stop");
    }

    /// <summary>Skips the test if there is no server.</summary>
    public void Require() => Skip.If(_missing is not null, _missing);

    /// <summary>Ends the server as a crash would.</summary>
    public async Task KillAsync() => Assert.Equal((0, ""), await RunAsync("kill"));

    public async Task RestartAsync() => Assert.Equal((0, ""), await RunAsync("restart"));

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>What is not installed here, and how it would be; null if all is there.</summary>
    protected abstract string? FindMissing();

    /// <summary>Makes what all tests need on the server.</summary>
    protected virtual Task PrepareAsync() => Task.CompletedTask;

    protected static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private async Task<(int Code, string Error)> RunAsync(string command)
    {
        // the server outlives the script and must not hold its pipes
        var path = Path.Combine(AppContext.BaseDirectory, script);
        using var process = Process.Start(new ProcessStartInfo("bash", [path, command, _folder, Port.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardError = true,
        })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Azure.Core;
using Azure.Storage.Blobs;

namespace Mlops.Storage.AzureBlobs.Tests;

/// <summary>A private Azurite on a free port of loopback, made for the tests that share it. Where there is none, they are skipped.</summary>
public sealed class AzuriteServer : IAsyncLifetime
{
    private static int _containers;
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"mlops-azurite-{Environment.ProcessId}-{Path.GetRandomFileName()}");
    private string? _missing;

    public int Port { get; } = FreePort();

    public async Task InitializeAsync()
    {
        if (OperatingSystem.IsWindows() || !IsInstalled("node") || !IsInstalled("npm"))
        {
            _missing = "Azurite needs node and npm, which are not installed here; on Debian: apt-get install nodejs npm";
            return;
        }

        var (code, error) = await RunAsync("start");
        if (code != 0)
            _missing = $"Azurite could not be started: {error}";
    }

    public async Task DisposeAsync()
    {
        // also what a start that failed has left
        if (Directory.Exists(_folder))
            await RunAsync("stop");
    }

    /// <summary>Skips the test if there is no server.</summary>
    public void Require() => Skip.If(_missing is not null, _missing);

    /// <summary>What reaches the server, or a proxy before it.</summary>
    public static string ConnectionString(int port, string key = "bWxvcHM=") => string.Create(
        CultureInfo.InvariantCulture,
        $"DefaultEndpointsProtocol=http;AccountName=mlops;AccountKey={key};BlobEndpoint=http://127.0.0.1:{port}/mlops");

    /// <summary>A client that loses no time between its attempts.</summary>
    public static BlobContainerClient Client(int port, string container, int retries = 3) => new(
        ConnectionString(port),
        container,
        new BlobClientOptions
        {
            Retry = { Mode = RetryMode.Exponential, MaxRetries = retries, Delay = TimeSpan.FromMilliseconds(5), MaxDelay = TimeSpan.FromMilliseconds(50) },
        });

    /// <summary>The name of a new, empty container.</summary>
    public async Task<string> NewContainerAsync()
    {
        Require();
        var name = string.Create(CultureInfo.InvariantCulture, $"test-{Interlocked.Increment(ref _containers)}");
        await Client(Port, name).CreateAsync();
        return name;
    }

    /// <summary>Ends the server as a crash would.</summary>
    public async Task KillAsync() => Assert.Equal((0, ""), await RunAsync("kill"));

    public async Task RestartAsync() => Assert.Equal((0, ""), await RunAsync("restart"));

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private async Task<(int Code, string Error)> RunAsync(string command)
    {
        // the server outlives the script and must not hold its pipes
        var script = Path.Combine(AppContext.BaseDirectory, "azurite.sh");
        using var process = Process.Start(new ProcessStartInfo("bash", [script, command, _folder, Port.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardError = true,
        })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }
}

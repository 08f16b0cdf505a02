using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Amazon.S3;

namespace Mlops.Storage.S3.Tests;

/// <summary>A private S3 server on a free port of loopback, made for the tests that share it. Where there is none, they are skipped.</summary>
public sealed class CephServer : IAsyncLifetime
{
    public const string Bucket = "mlops-tests";
    public const string AccessKey = "AKIAMLOPS";
    public const string Secret = "secretmlops";
    private static readonly string[] Programs = ["radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph", "ceph-authtool", "monmaptool"];
    private static int _prefixes;
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"mlops-s3-{Environment.ProcessId}-{Path.GetRandomFileName()}");
    private string? _missing;

    public CephServer()
    {
        // the way in which programs give credentials to the SDK's own chain
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", AccessKey);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", Secret);
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", "true");
    }

    public int Port { get; } = FreePort();

    public Uri Endpoint => EndpointAt(Port);

    public async Task InitializeAsync()
    {
        if (Programs.FirstOrDefault(p => !IsInstalled(p)) is { } absent)
        {
            _missing = $"Ceph's S3 server is not installed here (no {absent}); on Debian: apt-get install radosgw ceph-mon ceph-osd ceph-common";
            return;
        }

        var (code, error) = await RunAsync("start");
        if (code != 0)
        {
            _missing = $"Ceph's S3 server could not be started: {error}";
            return;
        }

        using var client = Client();
        await client.PutBucketAsync(Bucket);
    }

    public async Task DisposeAsync()
    {
        // also what a start that failed has left
        if (Directory.Exists(_folder))
            await RunAsync("stop");
    }

    /// <summary>Skips the test if there is no server.</summary>
    public void Require() => Skip.If(_missing is not null, _missing);

    /// <summary>A prefix that nothing has used yet.</summary>
    public static string NewPrefix() => string.Create(CultureInfo.InvariantCulture, $"tests/{Interlocked.Increment(ref _prefixes)}");

    public static Uri EndpointAt(int port) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));

    public AmazonS3Client Client() => new(
        new BasicAWSCredentials(AccessKey, Secret), new AmazonS3Config { ServiceURL = Endpoint.AbsoluteUri, ForcePathStyle = true });

    /// <summary>Ends the gateway as a crash would.</summary>
    public async Task KillAsync() => Assert.Equal((0, ""), await RunAsync("kill"));

    public async Task RestartAsync() => Assert.Equal((0, ""), await RunAsync("restart"));

    private static bool IsInstalled(string program) =>
        OperatingSystem.IsLinux() && (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<(int Code, string Error)> RunAsync(string command)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "ceph-s3.sh");
        using var process = Process.Start(new ProcessStartInfo("bash", [script, command, _folder, Port.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardError = true,
        })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }
}

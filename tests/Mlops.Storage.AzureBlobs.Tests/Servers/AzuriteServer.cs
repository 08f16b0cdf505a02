using System.Globalization;
using Azure.Core;
using Azure.Storage.Blobs;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.AzureBlobs.Tests;

/// <summary>A private Azurite, the emulator of Azure Blob Storage.</summary>
public sealed class AzuriteServer() : ScriptServer("azurite.sh")
{
    private static int _containers;

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

    protected override string? FindMissing() => IsInstalled("node") && IsInstalled("npm")
        ? null
        : "Azurite needs node and npm, which are not installed here; on Debian: apt-get install nodejs npm";
}

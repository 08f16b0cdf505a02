using Mlops.Storage.Conformance;

namespace Mlops.Storage.AzureBlobs.Tests;

/// <summary>A new container, and the line to it that can fail.</summary>
internal sealed class FaultyLine : IAsyncDisposable
{
    private readonly int _server;

    private FaultyLine(int server, string container)
    {
        _server = server;
        Container = container;
        Proxy = new HttpFaultProxy(server);
    }

    public string Container { get; }

    public HttpFaultProxy Proxy { get; }

    /// <summary>The way through the line.</summary>
    public AzureBlobObjectStore Store => new(AzuriteServer.Client(Proxy.Port, Container));

    /// <summary>The way straight to the server.</summary>
    public AzureBlobObjectStore Direct => new(AzuriteServer.Client(_server, Container));

    public static async Task<FaultyLine> OpenAsync(AzuriteServer server) => new(server.Port, await server.NewContainerAsync());

    public ValueTask DisposeAsync() => Proxy.DisposeAsync();
}

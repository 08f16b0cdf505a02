using System.Net;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace Mlops.Storage.AzureBlobs.Tests;

/// <summary>Accounts with a hierarchical namespace list by folder, which no emulator does.</summary>
public sealed class ListOrderTests
{
    [Fact]
    public async Task ListAsync_serviceListsByFolder_refusesInsteadOfMisleading()
    {
        using var service = new Service("a/b", "a-b");
        var options = new BlobClientOptions { Transport = new HttpClientTransport(service) };
        var store = new AzureBlobObjectStore(new BlobContainerClient(new Uri("https://team.blob.core.windows.net/mlops"), options));
        List<string> names = [];
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(async () =>
        {
            await foreach (var found in store.ListAsync(""))
                names.Add(found.Name.Value);
        });
        Assert.Equal(["a/b"], names);
        Assert.True(error.NeedsRepair);
        Assert.Contains("hierarchical namespace", error.Message, StringComparison.Ordinal);
    }

    private sealed class Service(params string[] names) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var blobs = string.Concat(names.Select(n => $"<Blob><Name>{n}</Name><Properties><Content-Length>1</Content-Length></Properties></Blob>"));
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent($"<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker /></EnumerationResults>"),
            });
        }
    }
}

using Mlops.Storage.Conformance;

namespace Mlops.Storage.AzureBlobs.Tests;

[Collection(SharedServer.Name)]
public sealed class AzureBlobConformanceTests(AzuriteServer server) : ObjectStoreConformance
{
    protected override async Task<IObjectStore> CreateAsync()
    {
        var container = AzuriteServer.Client(server.Port, await server.NewContainerAsync());
        return new AzureBlobObjectStore(container, "teams/A", pageSize: 10);
    }
}

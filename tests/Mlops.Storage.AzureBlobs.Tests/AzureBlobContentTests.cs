using Mlops.Storage.Conformance;
using Mlops.Storage.Sqlite;

namespace Mlops.Storage.AzureBlobs.Tests;

/// <summary>The content store with its packs in a container.</summary>
[Collection(SharedServer.Name)]
public sealed class AzureBlobContentTests(AzuriteServer server) : ContentConformance
{
    protected override Task<IMetadataStore> OpenIndexAsync() =>
        Task.FromResult<IMetadataStore>(SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(Folder, "index.db"), Time = Time }));

    protected override async Task<IObjectStore> CreateObjectsAsync(string folder) =>
        new AzureBlobObjectStore(AzuriteServer.Client(server.Port, await server.NewContainerAsync()), "content");
}

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

    [SkippableFact]
    public async Task Contents_over_a_line_full_of_faults_arrive_and_come_back()
    {
        await using var line = await FaultyLine.OpenAsync(server);
        await using var index = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(Folder, "faulty.db") });
        await ContentFaults.AssertNothingLostAsync(line.Proxy, line.Store, index);
    }
}

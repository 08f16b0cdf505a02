using Mlops.Storage.Conformance;
using Mlops.Storage.Sqlite;

namespace Mlops.Storage.S3.Tests;

/// <summary>The content store with its packs in a bucket.</summary>
[Collection(SharedServer.Name)]
public sealed class S3ContentTests(CephServer server) : ContentConformance
{
    protected override Task<IMetadataStore> OpenIndexAsync() =>
        Task.FromResult<IMetadataStore>(SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(Folder, "index.db"), Time = Time }));

    protected override Task<IObjectStore> CreateObjectsAsync(string folder)
    {
        server.Require();
        return Task.FromResult<IObjectStore>(new S3ObjectStore(new S3ObjectStoreOptions
        {
            Bucket = CephServer.Bucket,
            Prefix = CephServer.NewPrefix(),
            Endpoint = server.Endpoint,
            Time = Time,
        }));
    }

    [SkippableFact]
    public async Task Contents_over_a_line_full_of_faults_arrive_and_come_back()
    {
        await using var rig = new Rig(server);
        await using var index = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(Folder, "faulty.db") });
        await ContentFaults.AssertNothingLostAsync(rig.Proxy, Rig.Open(rig.Options with { PartBytes = 4 * 1024 * 1024 }), index);
    }
}

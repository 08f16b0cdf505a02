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
}

using Mlops.Storage.Conformance;

namespace Mlops.Storage.S3.Tests;

[Collection(SharedServer.Name)]
public sealed class S3ObjectStoreConformanceTests(CephServer server) : ObjectStoreConformance
{
    protected override Task<IObjectStore> CreateAsync()
    {
        server.Require();
        return Task.FromResult<IObjectStore>(new S3ObjectStore(new S3ObjectStoreOptions
        {
            Bucket = CephServer.Bucket,
            Prefix = CephServer.NewPrefix(),
            Endpoint = server.Endpoint,
            PageSize = 10,
        }));
    }
}

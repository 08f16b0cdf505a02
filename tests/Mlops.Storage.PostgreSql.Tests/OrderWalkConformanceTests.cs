using Mlops.Storage.Conformance;

namespace Mlops.Storage.PostgreSql.Tests;

/// <summary>The same answers where walks are so short that in small stores many do not fill their page, and end among equal values.</summary>
[Collection(SharedServer.Name)]
public sealed class OrderWalkConformanceTests(PostgreSqlServer server) : MetadataStoreConformance
{
    private readonly string _schema = PostgreSqlServer.NewSchema();

    protected override async Task<IMetadataStore> OpenAsync(TimeProvider time)
    {
        server.Require();
        return await PostgreSqlMetadataStore.OpenAsync(server.Options(_schema, time) with { WalkedForOne = 1 });
    }

    protected override Task<bool> TamperAsync(Tampering what) => Task.FromResult(false);
}

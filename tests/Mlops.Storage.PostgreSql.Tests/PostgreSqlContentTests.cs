using Mlops.Storage.Conformance;

namespace Mlops.Storage.PostgreSql.Tests;

[Collection(SharedServer.Name)]
public sealed class PostgreSqlContentTests(PostgreSqlServer server) : ContentConformance
{
    protected override async Task<IMetadataStore> OpenIndexAsync()
    {
        server.Require();
        return await PostgreSqlMetadataStore.OpenAsync(server.Options(PostgreSqlServer.NewSchema(), Time));
    }
}

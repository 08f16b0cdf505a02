using Mlops.Storage.Conformance;
using Mlops.Storage.Sqlite;

namespace Mlops.Storage.PostgreSql.Tests;

[Collection(SharedServer.Name)]
public sealed class PostgreSqlCopyTests(PostgreSqlServer server) : StoreCopyConformance, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-pg-copy-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    protected override Task<IMetadataStore> OpenSourceAsync() =>
        Task.FromResult<IMetadataStore>(OpenFile("mlops.db"));

    protected override async Task<IMetadataStore> OpenTargetAsync()
    {
        server.Require();
        return await PostgreSqlMetadataStore.OpenAsync(server.Options(PostgreSqlServer.NewSchema()));
    }

    protected override async Task<IMetadataStore> BackUpSourceAsync(IMetadataStore source)
    {
        await ((SqliteMetadataStore)source).BackupAsync(Path.Combine(_folder, "restored.db"));
        return OpenFile("restored.db");
    }

    private SqliteMetadataStore OpenFile(string name) => SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(_folder, name) });
}

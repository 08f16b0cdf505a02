using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.Sqlite;

namespace Mlops.Sdk.Tests.Docs;

#region metadata store tests
internal sealed class MyMetadataStoreTests : MetadataStoreConformance, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("my-store-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    protected override Task<IMetadataStore> OpenAsync(TimeProvider time) => Task.FromResult<IMetadataStore>(
        SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(_folder, "store.db"), Time = time }));
}
#endregion

using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Tests;

public sealed class SqliteContentTests : ContentConformance, IDisposable
{
    private readonly TempStore _store = new();

    public void Dispose() => _store.Dispose();

    protected override Task<IMetadataStore> OpenIndexAsync() => Task.FromResult<IMetadataStore>(_store.Open(time: Time));
}

using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Tests;

public sealed class SqliteCopyTests : StoreCopyConformance, IDisposable
{
    private readonly TempStore _source = new();
    private readonly TempStore _target = new();

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
    }

    protected override Task<IMetadataStore> OpenSourceAsync() => Task.FromResult<IMetadataStore>(_source.Open());

    protected override Task<IMetadataStore> OpenTargetAsync() => Task.FromResult<IMetadataStore>(_target.Open());
}

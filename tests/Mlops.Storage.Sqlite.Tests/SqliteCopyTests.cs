using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Tests;

public sealed class SqliteCopyTests : StoreCopyConformance, IDisposable
{
    private readonly TempStore _source = new();
    private readonly TempStore _target = new();
    private readonly TempStore _restored = new();

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
        _restored.Dispose();
    }

    protected override Task<IMetadataStore> OpenSourceAsync() => Task.FromResult<IMetadataStore>(_source.Open());

    protected override Task<IMetadataStore> OpenTargetAsync() => Task.FromResult<IMetadataStore>(_target.Open());

    protected override async Task<IMetadataStore> BackUpSourceAsync(IMetadataStore source)
    {
        await ((SqliteMetadataStore)source).BackupAsync(_restored.File);
        return _restored.Open();
    }
}

using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Tests;

/// <summary>The same answers where hardly any number of hits is few, so that small stores walk the indexes that have the order.</summary>
public sealed class OrderWalkConformanceTests : MetadataStoreConformance, IDisposable
{
    private readonly TempStore _temp = new();

    public void Dispose() => _temp.Dispose();

    protected override Task<IMetadataStore> OpenAsync(TimeProvider time) => Task.FromResult<IMetadataStore>(_temp.Open(time, fewHits: 5));

    protected override Task<bool> TamperAsync(Tampering what) => Task.FromResult(false);
}

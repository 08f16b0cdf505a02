using Mlops.Storage.Conformance;

namespace Mlops.Storage.Tests.Objects;

public sealed class FolderObjectStoreConformanceTests : ObjectStoreConformance, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override Task<IObjectStore> CreateAsync() => Task.FromResult<IObjectStore>(new FolderObjectStore(_folder["new/objects"]));
}

using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Sdk.Tests.Docs;

#region object store tests
public sealed class MemoryObjectStoreTests : ObjectStoreConformance
{
    protected override Task<IObjectStore> CreateAsync() => Task.FromResult<IObjectStore>(new MemoryObjectStore(TimeProvider.System));
}
#endregion

using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Sdk.Tests;

/// <summary>What a client says of a store on another system that is away.</summary>
public sealed class StoreAwayTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TaskCompletionSource _back = new();
    private volatile bool _isAway = true;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Status_openingFailed_saysSoBeforeAnythingIsTried()
    {
        await using var mlops = await MlopsClient.OpenAsync(Options(OpenAsync));
        Assert.False(mlops.Status.IsStoreThere);
        Assert.Contains("is away", mlops.Status.Cause!.Message, StringComparison.Ordinal);

        _isAway = false;
        await using var run = await mlops.StartRunAsync("away");
        Assert.True((await run.CompleteAsync()).IsDurable);
        Assert.True(mlops.Status is { IsStoreThere: true, Cause: null });
    }

    [Fact]
    public async Task Status_firstOpeningStillGoesOn_saysNotReachedYet()
    {
        _isAway = false;
        await using var mlops = MlopsClient.Open(Options(async (time, cancellation) =>
        {
            await _back.Task.WaitAsync(cancellation);
            return await OpenAsync(time, cancellation);
        }));
        await using var run = await mlops.StartRunAsync("slow");
        Assert.Contains("not reached yet", mlops.Status.Cause!.Message, StringComparison.Ordinal);
        _back.SetResult();
        Assert.True((await run.CompleteAsync()).IsDurable);
        Assert.True(mlops.Status.IsStoreThere);
    }

    [Fact]
    public async Task OpenAsync_severalWaitForOneOpening_failWithIt()
    {
        var tries = 0;
        var source = new MetadataStoreSource("a store elsewhere", async (_, cancellation) =>
        {
            tries++;
            await _back.Task.WaitAsync(cancellation);
            throw new StorageUnavailableException("The store elsewhere is away.");
        });
        await using var store = new DeferredMetadataStore(source, TimeProvider.System);
        var waiting = Enumerable.Range(0, 5).Select(_ => store.OpenAsync()).ToList();
        _back.SetResult();
        foreach (var opening in waiting)
            await Assert.ThrowsAsync<StorageUnavailableException>(() => opening);
        Assert.Equal(1, tries);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.OpenAsync());
        Assert.Equal(2, tries);
    }

    private MlopsOptions Options(Func<TimeProvider, CancellationToken, Task<IMetadataStore>> open)
    {
        var options = new MlopsOptions { JournalPath = _folder["journal"] }.UseFolderObjects(_folder["objects"]);
        ((IStorageOptions)options).Metadata = new MetadataStoreSource("a store elsewhere", open);
        return options;
    }

    private Task<IMetadataStore> OpenAsync(TimeProvider time, CancellationToken cancellationToken) => _isAway
        ? Task.FromException<IMetadataStore>(new StorageUnavailableException("The store elsewhere is away."))
        : Task.FromResult<IMetadataStore>(SqliteMetadataStore.Open(new SqliteStoreOptions { Path = _folder["elsewhere.db"], Time = time }));
}

using Microsoft.Data.Sqlite;

namespace Mlops.Storage.Sqlite.Tests;

public sealed class BusyStoreTests : IDisposable
{
    private readonly TempStore _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task CommitAsync_store_held_too_long_names_the_holder_and_works_afterwards()
    {
        await using var store = _temp.Open(busyTimeout: TimeSpan.FromMilliseconds(80));
        var id = new RecordId(1);
        using (var holder = Hold())
        {
            var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => store.CommitAsync(Samples.Batch(Samples.Create(id))));
            Assert.DoesNotContain("locked", error.Message, StringComparison.OrdinalIgnoreCase);
            Assert.Contains(_temp.File, error.Message, StringComparison.Ordinal);
            Assert.Contains("0.08 s", error.Message, StringComparison.Ordinal);
            if (OperatingSystem.IsLinux())
                Assert.Contains($"another connection of this process ({Environment.ProcessId})", error.Message, StringComparison.Ordinal);

            // readers wait for nobody
            Assert.Null(await store.FindRecordAsync(id));
        }

        Assert.True((await store.CommitAsync(Samples.Batch(Samples.Create(id)))).Changes[0].Created);
    }

    [Fact]
    public async Task CommitAsync_cancelled_while_it_waits_writes_nothing()
    {
        await using var store = _temp.Open();
        using var cancel = new CancellationTokenSource();
        using (var holder = Hold())
        {
            var waiting = store.CommitAsync(Samples.Batch(Samples.Create(new RecordId(1))), cancel.Token);
            var behind = store.CommitAsync(Samples.Batch(Samples.Create(new RecordId(2))), cancel.Token);
            Assert.False(waiting.IsCompleted);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => behind);
        }

        await store.CommitAsync(Samples.Batch(Samples.Create(new RecordId(3))));
        Assert.Equal([new RecordId(3)], (await store.ReadFeedAsync(0, 10)).Select(e => e.Entry.Record));
    }

    [Fact]
    public async Task CommitAsync_store_is_released_in_time_the_batch_commits()
    {
        await using var store = _temp.Open();
        Task<BatchResult> waiting;
        using (var holder = Hold())
        {
            waiting = store.CommitAsync(Samples.Batch(Samples.Create(new RecordId(1))));
            Assert.False(waiting.IsCompleted);
        }

        Assert.True((await waiting).Changes[0].Created);
    }

    [Fact]
    public async Task CommitAsync_batches_that_waited_together_share_a_commit_around_a_purge_and_a_failure()
    {
        await using var store = _temp.Open();
        var old = new RecordId(1);
        var fresh = new RecordId(2);
        await store.CommitAsync(Samples.Batch(Samples.Create(old)) with { Appends = [Samples.Points(old, "m", 10)] });
        var purge = new RecordChange { Id = old, Kind = "run", Mode = ChangeMode.Update, Action = "run.purged", Purge = true };
        foreach (var withFailure in new[] { false, true })
        {
            List<Task<BatchResult>> waiting = [];
            Task<BatchResult>? failing = null;
            using (var holder = Hold())
            {
                waiting.Add(store.CommitAsync(withFailure ? Samples.Batch() : Samples.Batch(Samples.Create(fresh)) with { Appends = [Samples.Points(fresh, "m", 10)] }));
                waiting.Add(store.CommitAsync(withFailure ? Samples.Batch() : Samples.Batch(purge)));
                if (withFailure)
                    failing = store.CommitAsync(Samples.Batch(Samples.Create(fresh)) with { Appends = [Samples.Points(fresh, "n", 5)] });
                waiting.Add(store.CommitAsync(Samples.Batch() with { Appends = [Samples.Points(fresh, "m", 7)] }));
            }

            await Task.WhenAll(waiting);
            if (failing is not null)
                await Assert.ThrowsAsync<ConflictException>(() => failing);
        }

        Assert.Equal([("m", 24L)], (await store.ListSeriesAsync([old, fresh])).Select(s => (s.Name, s.Position)));
        Assert.True((await store.VerifyAsync()).IsSound);
    }

    [Fact]
    public async Task Open_many_handles_at_once_create_one_store()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() => _temp.Open())));
        Assert.Single(stores.Select(s => s.Info.StoreId).Distinct());
        await Task.WhenAll(stores.Select((s, i) => s.CommitAsync(Samples.Batch(Samples.Create(new RecordId((UInt128)(i + 1)))))));
        Assert.Equal(12, (await stores[0].ReadFeedAsync(0, 100)).Count);
        foreach (var store in stores)
            await store.DisposeAsync();
    }

    private SqliteConnection Hold()
    {
        var connection = _temp.Connect();
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
        return connection;
    }
}

using Npgsql;

namespace Mlops.Storage.PostgreSql.Tests;

[Collection(SharedServer.Name)]
public sealed class ContentionTests(PostgreSqlServer server)
{
    private readonly IdGenerator _ids = new();
    private readonly string _schema = PostgreSqlServer.NewSchema();

    [SkippableFact]
    public async Task CommitAsync_eight_stores_write_at_once_and_the_feed_skips_nothing()
    {
        const int stores = 8;
        const int each = 20;
        server.Require();
        var shared = _ids.Next();
        await using var reader = await OpenAsync();
        await reader.CommitAsync(Samples.Batch(Samples.Create(shared)));
        var ids = Enumerable.Range(0, stores * each).Select(_ => _ids.Next()).ToArray();
        var numbers = new long[ids.Length];
        var writing = Task.WhenAll(Enumerable.Range(0, stores).Select(w => Task.Run(async () =>
        {
            await using var store = await OpenAsync();
            for (var i = w * each; i < (w + 1) * each; i++)
            {
                var experiment = Samples.Create(_ids.Next()) with { Kind = "experiment", Key = $"e{i % 3}", Mode = ChangeMode.Ensure };
                var run = Samples.Create(ids[i], FieldWrite.Set($"f{i % 7}", FieldValue.Reference(new RecordKey("experiment", $"e{i % 3}"))));
                var result = await store.CommitAsync(Samples.Batch(experiment, run with { Allocations = [new Allocation("number", $"c{i % 2}")] }) with
                {
                    Appends = [Samples.Points(shared, "m", 2), Samples.Points(ids[i], "m", 1)],
                    Cells = [new CellWrite { Key = "beat", Value = new byte[] { 1 } }, new CellWrite { Key = $"beat/{w}", Value = new byte[] { 1 }, Lifetime = TimeSpan.FromTicks(10) }],
                });
                numbers[i] = result.Changes[1].Numbers[0];
            }
        })));

        List<RecordId> seen = [];
        var position = 0L;
        for (var last = false; ;)
        {
            last = writing.IsCompleted;
            var page = await reader.ReadFeedAsync(position, 7);
            seen.AddRange(page.Select(e => e.Entry.Record));
            Assert.All(page.Zip(page.Skip(1)), p => Assert.True(p.First.Position < p.Second.Position));
            position = page.Count > 0 ? page[^1].Position : position;
            if (last && page.Count == 0)
                break;
        }

        await writing;
        var experiments = (await reader.QueryAsync(new RecordQuery { Kind = "experiment" })).Records;
        Assert.Equal(3, experiments.Count);
        Assert.Equal(ids.Append(shared).Concat(experiments.Select(e => e.Id)).Order(), seen.Order());
        foreach (var parity in numbers.Select((n, i) => (n, i % 2)).GroupBy(p => p.Item2, p => p.n))
            Assert.Equal(Enumerable.Range(1, ids.Length / 2).Select(n => (long)n), parity.Order());
        Assert.Equal(2 * ids.Length, (await reader.ListSeriesAsync([shared])).Single().Position);
        Assert.True((await reader.VerifyAsync()).IsSound);
    }

    [SkippableFact]
    public async Task OpenAsync_many_handles_at_once_create_one_store()
    {
        server.Require();
        var stores = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(OpenAsync)));
        Assert.Single(stores.Select(s => s.Info.StoreId).Distinct());
        await Task.WhenAll(stores.Select(s => s.CommitAsync(Samples.Batch(Samples.Create(_ids.Next())))));
        Assert.Equal(12, (await stores[0].ReadFeedAsync(0, 100)).Count);
        foreach (var store in stores)
            await store.DisposeAsync();
        Assert.Equal(0L, await server.ScalarAsync<long>($"SELECT count(*) FROM {_schema}.commits"));
    }

    [SkippableFact]
    public async Task QueryAsync_kind_that_another_store_has_just_brought_is_found()
    {
        server.Require();
        await using var reader = await OpenAsync();
        await using var writer = await OpenAsync();
        var all = new RecordQuery { Kind = "run" };
        Assert.Empty((await reader.QueryAsync(all)).Records);
        var id = _ids.Next();
        await writer.CommitAsync(Samples.Batch(Samples.Create(id)));
        Assert.Equal(id, Assert.Single((await reader.QueryAsync(all)).Records).Id);
    }

    [SkippableFact]
    public async Task CommitAsync_record_held_longer_than_the_command_timeout_fails_and_works_afterwards()
    {
        server.Require();
        await using var store = await PostgreSqlMetadataStore.OpenAsync(server.Options(_schema) with { CommandTimeout = TimeSpan.FromSeconds(1) });
        var id = _ids.Next();
        await store.CommitAsync(Samples.Batch(Samples.Create(id)));
        await using (var holder = await HoldAsync(id))
        {
            var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => store.CommitAsync(Samples.Batch(Samples.Update(id, FieldWrite.Set("n", FieldValue.Number(1))))));
            Assert.Contains("1 s", error.Message, StringComparison.Ordinal);

            // readers wait for nobody
            Assert.Equal(1, (await store.FindRecordAsync(id))!.Revision);
        }

        await store.CommitAsync(Samples.Batch(Samples.Update(id, FieldWrite.Set("n", FieldValue.Number(2)))));
        Assert.Equal(FieldValue.Number(2), (await store.FindRecordAsync(id))!.Find("n"));
    }

    [SkippableFact]
    public async Task CommitAsync_cancelled_while_it_waits_writes_nothing_and_others_go_on()
    {
        server.Require();
        await using var store = await OpenAsync();
        var held = _ids.Next();
        var free = _ids.Next();
        await store.CommitAsync(Samples.Batch(Samples.Create(held), Samples.Create(free)));
        using var cancel = new CancellationTokenSource();
        Task<BatchResult> waiting, behind, other;
        await using (var holder = await HoldAsync(held))
        {
            waiting = store.CommitAsync(Samples.Batch(Samples.Update(held, FieldWrite.Set("n", FieldValue.Number(1)))), cancel.Token);
            while (await server.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0)
                await Task.Yield();
            behind = store.CommitAsync(Samples.Batch(Samples.Update(free, FieldWrite.Set("n", FieldValue.Number(1)))), cancel.Token);
            other = store.CommitAsync(Samples.Batch(Samples.Update(free, FieldWrite.Set("m", FieldValue.Number(1)))));
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => behind);
            await other;
        }

        Assert.Equal((1L, 2L), ((await store.FindRecordAsync(held))!.Revision, (await store.FindRecordAsync(free))!.Revision));
    }

    [SkippableFact]
    public async Task CommitAsync_batches_that_wait_together_share_a_transaction_around_a_purge_and_a_failure()
    {
        server.Require();
        await using var store = await OpenAsync();
        var held = _ids.Next();
        var old = _ids.Next();
        var fresh = _ids.Next();
        await store.CommitAsync(Samples.Batch(Samples.Create(held), Samples.Create(old) with { Key = "k" }) with { Appends = [Samples.Points(old, "m", 10)] });
        List<Task<BatchResult>> waiting = [];
        Task<BatchResult> failing;
        await using (var holder = await HoldAsync(held))
        {
            waiting.Add(store.CommitAsync(Samples.Batch(Samples.Update(held, FieldWrite.Set("n", FieldValue.Number(1))))));
            while (await server.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0)
                await Task.Yield();
            waiting.Add(store.CommitAsync(Samples.Batch() with { Appends = [Samples.Points(old, "m", 5)] }));
            waiting.Add(store.CommitAsync(Samples.Batch(Samples.Update(old) with { Purge = true })));
            failing = store.CommitAsync(Samples.Batch(Samples.Create(_ids.Next()) with { Key = "k" }) with { Appends = [Samples.Points(old, "m", 5)] });
            waiting.Add(store.CommitAsync(Samples.Batch(Samples.Create(fresh) with { Key = "k" }) with { Appends = [Samples.Points(fresh, "m", 7)] }));
            waiting.Add(store.CommitAsync(Samples.Batch() with { Appends = [Samples.Points(fresh, "m", 7)] }));
        }

        await Task.WhenAll(waiting);
        await Assert.ThrowsAsync<NotFoundException>(() => failing);
        Assert.Equal([("m", 14L)], (await store.ListSeriesAsync([old, fresh])).Select(s => (s.Name, s.Position)));
        Assert.Equal(fresh, (await store.FindRecordAsync(new RecordKey("run", "k")))!.Id);
        Assert.True((await store.VerifyAsync()).IsSound);
    }

    private Task<PostgreSqlMetadataStore> OpenAsync() => PostgreSqlMetadataStore.OpenAsync(server.Options(_schema));

    private async Task<NpgsqlConnection> HoldAsync(RecordId id)
    {
        var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"BEGIN; SELECT 1 FROM {_schema}.records WHERE id = '{id}' FOR UPDATE", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }
}

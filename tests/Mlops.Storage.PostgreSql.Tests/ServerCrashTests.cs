namespace Mlops.Storage.PostgreSql.Tests;

/// <summary>A server of its own that dies under load and comes back.</summary>
public sealed class ServerCrashTests(PostgreSqlServer server) : IClassFixture<PostgreSqlServer>
{
    private readonly IdGenerator _ids = new();

    [SkippableFact]
    public async Task CommitAsync_server_is_killed_and_restarted_nothing_is_lost_or_doubled()
    {
        const int writers = 4;
        server.Require();
        var options = server.Options(PostgreSqlServer.NewSchema()) with { ReconnectTimeout = TimeSpan.FromSeconds(60) };
        using var stop = new CancellationTokenSource();
        var runs = Enumerable.Range(0, writers).Select(_ => _ids.Next()).ToArray();
        var written = new int[writers];
        await using var reader = await PostgreSqlMetadataStore.OpenAsync(options);
        var writing = Task.WhenAll(runs.Select((run, w) => Task.Run(async () =>
        {
            await using var store = await PostgreSqlMetadataStore.OpenAsync(options);
            await store.CommitAsync(Samples.Batch(Samples.Create(run)));
            while (!stop.IsCancellationRequested)
            {
                var batch = Samples.Batch(Samples.Update(run, FieldWrite.Set("n", FieldValue.Number(written[w] + 1)))) with { Appends = [Samples.Points(run, "m", 10)] };
                await store.CommitAsync(batch);
                written[w]++;
            }
        })));
        for (var i = 0; i < 2; i++)
        {
            var before = written.Sum();
            while (written.Sum() < before + 40)
            {
                Assert.False(writing.IsFaulted, writing.Exception?.ToString());
                await Task.Delay(5);
            }

            await server.KillAsync();
            await server.RestartAsync();
        }

        await stop.CancelAsync();
        await writing;
        var report = await reader.VerifyAsync();
        Assert.True(report.IsSound, string.Join('\n', report.Problems));
        for (var w = 0; w < writers; w++)
        {
            Assert.Equal(10L * written[w], (await reader.ListSeriesAsync([runs[w]])).Sum(s => s.Position));
            Assert.Equal(written[w] + 1, (await reader.ReadChainAsync(runs[w])).Count);
        }
    }

    [SkippableFact]
    public async Task Calls_without_a_server_fail_in_time_and_work_when_it_is_back()
    {
        server.Require();
        var options = server.Options(PostgreSqlServer.NewSchema()) with { ReconnectTimeout = TimeSpan.FromMilliseconds(200) };
        await using var store = await PostgreSqlMetadataStore.OpenAsync(options);
        var id = _ids.Next();
        await server.KillAsync();
        try
        {
            var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => store.CommitAsync(Samples.Batch(Samples.Create(id))));
            Assert.Contains(store.Info.Location, error.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<StorageUnavailableException>(() => store.FindRecordAsync(id));
            await Assert.ThrowsAsync<StorageUnavailableException>(() => PostgreSqlMetadataStore.OpenAsync(options));
        }
        finally
        {
            await server.RestartAsync();
        }

        Assert.True((await store.CommitAsync(Samples.Batch(Samples.Create(id)))).Changes[0].Created);
        Assert.NotNull(await store.FindRecordAsync(id));
    }
}

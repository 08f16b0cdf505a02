using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;

namespace Mlops.Sdk.Tests;

public sealed class MlopsClientTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task OpenAsync_newFolder_createsTheStore()
    {
        await using var mlops = await _folder.OpenAsync();
        Assert.Equal(_folder.Store, mlops.Location);
        Assert.True(File.Exists(Path.Combine(_folder.Store, "mlops.db")));
        Assert.Single(Directory.GetDirectories(Path.Combine(_folder.Store, "journal")));
        Assert.Empty(await mlops.Experiments.ListAsync());
        Assert.Empty((await mlops.Runs.QueryAsync(new RunQuery())).Runs);
    }

    [Fact]
    public async Task OpenAsync_cancelledBefore_throwsAndCreatesNothing()
    {
        var options = new MlopsOptions { Path = _folder.Store };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => MlopsClient.OpenAsync(options, new CancellationToken(canceled: true)));
        Assert.False(Directory.Exists(_folder.Store));
    }

    [Fact]
    public async Task OpenAsync_folderIsAFile_throwsNamingItAndTheRemedy()
    {
        await File.WriteAllTextAsync(_folder.Store, "a file");
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(_folder.OpenAsync);
        Assert.Contains(_folder.Store, error.Message, StringComparison.Ordinal);
        Assert.Contains("MLOPS_URI", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_badOptions_throwsAndCreatesNothing()
    {
        var options = new MlopsOptions { Path = _folder.Store, DrainInterval = TimeSpan.FromDays(1) };
        var error = await Assert.ThrowsAsync<ArgumentException>(() => MlopsClient.OpenAsync(options));
        Assert.Contains("DrainInterval", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.Store));
    }

    [Fact]
    public async Task DisposeAsync_everythingDrained_leavesNoJournal()
    {
        await using (var mlops = await _folder.OpenAsync())
        await using (var run = await mlops.StartRunAsync("tidy"))
            await run.LogMetric("loss", 1).CompleteAsync();
        Assert.Empty(Directory.GetDirectories(Path.Combine(_folder.Store, "journal")));
    }

    [Fact]
    public async Task DisposeAsync_twice_isFine()
    {
        var mlops = await _folder.OpenAsync();
        await mlops.DisposeAsync();
        await mlops.DisposeAsync();
    }

    [Fact]
    public async Task AnyCall_disposed_throwsObjectDisposed()
    {
        var mlops = await _folder.OpenAsync();
        var run = await mlops.StartRunAsync("over");
        await mlops.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.StartRunAsync("over"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.RunAsync("over", _ => Task.CompletedTask));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.ReopenRunAsync(run.Id));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.JoinRunAsync(run.Id));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.Runs.DeleteAsync(run.Id));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.Runs.RestoreAsync(run.Id));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.FlushAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.VerifyAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.Runs.FindAsync(run.Id));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.Experiments.ListAsync());
        Assert.Throws<InvalidOperationException>(() => run.LogMetric("loss", 1));
    }

    [Fact]
    public async Task VerifyAsync_wholeStore_isSound()
    {
        var options = new MlopsOptions { Path = _folder.Store };
        options.Context.WithoutAll();
        await using var mlops = await MlopsClient.OpenAsync(options);
        await using var run = await mlops.StartRunAsync("verified");
        for (var step = 0; step < 10_000; step++)
            run.LogMetric("loss", step, step);
        run.LogParam("lr", 0.1);

        // verifying flushes by itself
        var report = await mlops.VerifyAsync();
        Assert.True(report.IsSound, string.Join('\n', report.Problems));
        Assert.Equal((2L, 10_000L, null), (report.Records, report.Points, report.CheckpointMatches));
        Assert.True(report.Entries >= 2);
    }

    [Fact]
    public async Task VerifyAsync_checkpointKeptOutside_staysValidAsTheStoreGrows()
    {
        await using var mlops = await _folder.OpenAsync();
        await using var run = await mlops.StartRunAsync("checkpoint");
        await run.LogParam("lr", 0.1).FlushAsync();
        Checkpoint kept;
        await using (var store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(_folder.Store, "mlops.db") }))
            kept = await store.CreateCheckpointAsync();

        await run.LogParam("trees", 200).CompleteAsync();
        var report = await mlops.VerifyAsync(kept);
        Assert.True(report.CheckpointMatches);
        Assert.True(report.IsSound);

        var foreign = await mlops.VerifyAsync(kept with { Root = Digest.Of("another store"u8) });
        Assert.False(foreign.CheckpointMatches);
        Assert.False(foreign.IsSound);
    }

    [Fact]
    public async Task ManyClients_oneProcessOneStore_loseNothing()
    {
        const int Clients = 6;
        const int Points = 2_000;
        await using var reader = await _folder.OpenAsync();
        List<MlopsClient> clients = [];
        for (var i = 0; i < Clients; i++)
            clients.Add(await _folder.OpenAsync());
        var ids = await Task.WhenAll(clients.Select((mlops, client) => Task.Run(async () =>
        {
            await using var closing = mlops;
            await using var run = await mlops.StartRunAsync("crowd", new RunOptions { Name = $"client-{client}" });
            for (var step = 0; step < Points; step++)
                run.LogMetric("value", client, step);
            var report = await run.CompleteAsync();
            Assert.True(report.IsDurable);
            return run.Id;
        })));

        var runs = (await reader.Runs.QueryAsync(new RunQuery { Experiment = "crowd" })).Runs;
        Assert.Equal(ids.Select(i => i.ToString()).Order(StringComparer.Ordinal), runs.Select(r => r.Id.ToString()).Order(StringComparer.Ordinal));
        Assert.All(runs, run =>
        {
            Assert.Equal((RunStatus.Finished, 0L), (run.Status, run.DroppedPoints));
            Assert.Equal((long)Points, run.Metrics["value"].Count);
        });
        Assert.Single(await reader.Experiments.ListAsync());
        Assert.True((await reader.VerifyAsync()).IsSound);
        Assert.Single(Directory.GetDirectories(Path.Combine(_folder.Store, "journal")));
    }

    [Fact]
    public async Task JoinRunAsync_otherClientOfTheProcess_logsToTheSameRun()
    {
        await using var owner = await _folder.OpenAsync();
        await using var helper = await _folder.OpenAsync();
        await using var run = await owner.StartRunAsync("shared");
        await run.LogMetric("loss", 1, step: 1).FlushAsync();
        await using (var joined = await helper.JoinRunAsync(run.Id))
            joined.LogMetric("loss", 2, step: 2).LogParam("from", "helper");
        await run.CompleteAsync();

        var stored = await helper.Runs.GetAsync(run.Id);
        Assert.Equal((RunStatus.Finished, 2L, 2.0), (stored.Status, stored.Metrics["loss"].Count, stored.Metrics["loss"].Last));
        Assert.Equal("helper", stored.Params["from"]);
    }

    [Theory]
    [InlineData(false, false, RunStatus.Finished, null)]
    [InlineData(true, false, RunStatus.Failed, RunEnd.Exception)]
    [InlineData(true, true, RunStatus.Killed, RunEnd.Cancelled)]
    public async Task RunAsync_outcomeOfTheBody_isTheStatus(bool throws, bool cancels, RunStatus status, string? reason)
    {
        await using var mlops = await _folder.OpenAsync();
        using var cancel = new CancellationTokenSource();
        var id = default(RunId);
        var error = await Record.ExceptionAsync(() => mlops.RunAsync(
            "outcome",
            async (run, token) =>
            {
                id = run.Id;
                if (cancels)
                    await cancel.CancelAsync();
                token.ThrowIfCancellationRequested();
                if (throws)
                    throw new InvalidTimeZoneException("the training failed");
            },
            cancellationToken: cancel.Token));

        Assert.Equal(throws, error is not null);
        var stored = await mlops.Runs.GetAsync(id);
        Assert.Equal((status, reason), (stored.Status, stored.EndReason));
        Assert.Equal(reason == RunEnd.Exception, stored.Error?.Contains("the training failed", StringComparison.Ordinal) ?? false);
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Tracking.Tests.Runs;

[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "xunit disposes through IAsyncLifetime")]
public sealed class WatchTests : IAsyncLifetime
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(10);
    private readonly Rig _rig = new();
    private readonly List<RunChange> _changes = [];
    private readonly List<double> _values = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task WatchAsync_anotherClientLogs_givesEverythingOnceInOrderAndEnds()
    {
        var run = await _rig.Open().StartRunAsync("watched");
        run.LogParam("a", 1).SetTag("t", "1");
        await run.FlushAsync();
        var watch = CollectAsync(_rig.Runs.WatchAsync(run.Id, interval: Often));
        for (var i = 0; i < 50_000; i++)
        {
            run.LogMetric("m", i, 50_000 - i);
            if (i % 10_000 == 0)
                await run.FlushAsync();
        }

        run.LogParam("b", 2).SetTag("t", "2");
        await run.CompleteAsync();
        await watch.WaitAsync(Rig.Patience);
        Assert.Equal(Enumerable.Range(0, 50_000).Select(i => (double)i), _values);
        Assert.Equal(["a=1", "b=2"], _changes.SelectMany(c => c.Params).Select(p => $"{p.Key}={p.Value}"));
        Assert.Equal(["1", "2"], _changes.SelectMany(c => c.Tags).Select(t => t.Value));
        Assert.Equal((RunStatus.Running, RunStatus.Finished), (_changes[0].Run.Status, _changes[^1].Run.Status));
    }

    [Fact]
    public async Task WatchAsync_fromNow_givesOnlyWhatComesAfter()
    {
        var time = new FakeTimeProvider();
        var catalog = new RunCatalog(new MetadataContext(_rig.Real, _rig.Content, time: time));
        var run = await _rig.Open().StartRunAsync("watched");
        run.LogParam("a", 1).SetTag("gone", "x").LogMetric("m", 1);
        await run.FlushAsync();
        await using var watch = catalog.WatchAsync(run.Id, fromStart: false).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((RunStatus.Running, 0, 0, 0), (watch.Current.Run.Status, watch.Current.Params.Count, watch.Current.Tags.Count, watch.Current.Points.Count));

        run.LogMetric("m", 2).LogMetric("new", 3);
        await run.FlushAsync();
        await _rig.Runs.RemoveTagAsync(run.Id, "gone");
        var next = watch.MoveNextAsync().AsTask();
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await next.WaitAsync(Rig.Patience));
        Assert.Equal(["m=2", "new=3"], watch.Current.Points.Select(p => $"{p.Key}={Assert.Single(p.Value).Value}"));
        Assert.Equal([KeyValuePair.Create("gone", (string?)null)], watch.Current.Tags);
    }

    [Fact]
    public async Task WatchAsync_longEndedRun_comesInPieces()
    {
        var run = await _rig.Open().StartRunAsync("watched");
        for (var i = 0; i < 200_000; i++)
            run.LogMetric(i % 2 == 0 ? "m" : "n", i, i);
        await run.CompleteAsync();
        await CollectAsync(_rig.Runs.WatchAsync(run.Id, interval: TimeSpan.FromHours(1))).WaitAsync(Rig.Patience);
        Assert.InRange(_changes.Count, 3, 10);
        Assert.Equal(Enumerable.Range(0, 100_000).Select(i => i * 2.0), _values);
    }

    [Fact]
    public async Task WatchAsync_purged_ends()
    {
        var tracker = _rig.Open();
        var run = await tracker.StartRunAsync("watched");
        await run.FlushAsync();
        await using var watch = _rig.Runs.WatchAsync(run.Id, interval: Often).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        var purge = RunRecord.Purged(run.Id);
        await _rig.Real.CommitAsync(new Batch { Actor = "t", ClientTime = _rig.Time.GetUtcNow(), Changes = [purge] });
        Assert.False(await watch.MoveNextAsync().AsTask().WaitAsync(Rig.Patience));
        await Assert.ThrowsAsync<NotFoundException>(() => CollectAsync(_rig.Runs.WatchAsync(run.Id)));
    }

    [Fact]
    public async Task WatchAsync_fork_leavesOutWhatIsShared()
    {
        var tracker = _rig.Open();
        var run = await tracker.StartRunAsync("watched");
        run.LogMetric("m", 1, 1);
        var fork = await tracker.ForkRunAsync(run.Id, 1);
        fork.LogMetric("m", 2, 2);
        await fork.CompleteAsync();
        await CollectAsync(_rig.Runs.WatchAsync(fork.Id, interval: Often)).WaitAsync(Rig.Patience);
        Assert.Equal([2.0], _values);
    }

    [Fact]
    public async Task WatchAsync_storeAwayForAWhile_missesNothing()
    {
        var run = await _rig.Open().StartRunAsync("watched");
        run.LogMetric("m", 1);
        await run.FlushAsync();
        var time = new FakeTimeProvider();
        var line = new FaultyStore(_rig.Real);
        await using var watch = new RunCatalog(new MetadataContext(line, _rig.Content, time: time)).WatchAsync(run.Id).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        run.LogMetric("m", 2);
        await run.CompleteAsync();
        line.IsAway = true;
        var next = watch.MoveNextAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(next.IsCompleted);
        line.IsAway = false;
        await Rig.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(next.IsCompleted);
        });
        Assert.True(await next);
        Assert.Equal([2.0], watch.Current.Points["m"].Select(p => p.Value));
    }

    [Fact]
    public async Task WatchAsync_badInput_isRefusedAtOnce()
    {
        Assert.Throws<ArgumentException>(() => _rig.Runs.WatchAsync(default));
        Assert.Throws<ArgumentOutOfRangeException>(() => _rig.Runs.WatchAsync(new RunId(new RecordId(1)), interval: TimeSpan.Zero));
        await Assert.ThrowsAsync<NotFoundException>(() => CollectAsync(_rig.Runs.WatchAsync(new RunId(new RecordId(1)))));
    }

    [Fact]
    public async Task WatchAsync_anotherProcess_givesEveryPointAndItsEnd()
    {
        using var owner = ChildProcess.Start("own", _rig.Folder["store"], "watched");
        var id = RunId.Parse(await owner.ReadLineAsync(), CultureInfo.InvariantCulture);
        await using var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = _rig.Folder["store"] });
        var watch = CollectAsync(mlops.Runs.WatchAsync(id, interval: Often));
        using var helper = ChildProcess.Start("join", _rig.Folder["store"], id.ToString(), "m", "20000");
        Assert.Equal("durable", await helper.ReadLineAsync());
        await helper.JoinAsync();
        await owner.WriteLineAsync("end");
        await owner.JoinAsync();
        await watch.WaitAsync(Rig.Patience);
        Assert.Equal(Enumerable.Range(0, 20_000).Select(i => (double)i), _values);
        Assert.Equal(RunStatus.Finished, _changes[^1].Run.Status);
    }

    private async Task CollectAsync(IAsyncEnumerable<RunChange> watch)
    {
        await foreach (var change in watch)
        {
            _changes.Add(change);
            if (change.Points.TryGetValue("m", out var points))
                _values.AddRange(points.Select(p => p.Value));
        }
    }
}

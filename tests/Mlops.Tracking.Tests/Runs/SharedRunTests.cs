using System.Globalization;
using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Runs;

/// <summary>Several clients, in one process and in several, that log to one run.</summary>
public sealed class SharedRunTests
{
    [Fact]
    public async Task LogMetric_twoClientsOneRun_allPointsInOrderPerWriter()
    {
        await using var rig = new Rig();
        var owner = rig.Open();
        var helper = rig.Open();
        var run = await owner.StartRunAsync("shared");
        await run.FlushAsync();
        var joined = await helper.JoinRunAsync(run.Id);
        const int Each = 30_000;
        var workers = new[] { run, joined }.Select((handle, w) => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
                handle.LogMetric("m", (w * 1e6) + i, i);
        }));
        await Task.WhenAll(workers);
        await joined.DisposeAsync();
        await run.CompleteAsync();
        var values = await rig.ValuesAsync(run.Id, "m");
        Assert.Equal(2 * Each, values.Length);
        for (var w = 0; w < 2; w++)
            Assert.Equal(Enumerable.Range(0, Each).Select(i => (double)i), values.Where(v => (int)(v / 1e6) == w).Select(v => v - (w * 1e6)));
        await rig.AssertSoundAsync();
    }

    [Fact]
    public async Task LogParam_twoClientsDiffer_theFirstStaysAndTheSecondIsToldOnce()
    {
        await using var rig = new Rig();
        var run = await rig.Open().StartRunAsync("shared");
        await run.FlushAsync();
        var joined = await rig.Open().JoinRunAsync(run.Id);
        run.LogParam("lr", 0.1);
        await run.FlushAsync();
        joined.LogParam("lr", 0.2).LogParam("fine", 1);

        var conflict = await Assert.ThrowsAsync<ConflictException>(() => joined.FlushAsync());
        Assert.Contains("params.lr", conflict.Message, StringComparison.Ordinal);
        Assert.Contains("'0.1'", conflict.Message, StringComparison.Ordinal);
        Assert.Contains("'0.2'", conflict.Message, StringComparison.Ordinal);
        Assert.True((await joined.FlushAsync()).IsDurable);
        Assert.True((await run.FlushAsync()).IsDurable);

        var stored = await rig.Runs.GetAsync(run.Id);
        Assert.Equal(new SortedDictionary<string, string> { ["fine"] = "1", ["lr"] = "0.1" }, stored.Params);
        var kept = Assert.Single(stored.Conflicts);
        Assert.Equal(("params.lr", "0.1", "0.2"), (kept.Field, kept.Kept.AsText, kept.Refused.AsText));
        Assert.Single(rig.Log.Of(4004));
    }

    [Fact]
    public async Task LogParam_joinedAfterItWasLogged_isRefusedAtOnce()
    {
        await using var rig = new Rig();
        var run = await rig.Open().StartRunAsync("shared");
        run.LogParam("lr", 0.1);
        await run.FlushAsync();
        var joined = await rig.Open().JoinRunAsync(run.Id);
        Assert.Throws<ImmutableException>(() => joined.LogParam("lr", 0.2));
        joined.LogParam("lr", 0.1);
        Assert.True((await joined.FlushAsync()).IsDurable);
    }

    [Fact]
    public async Task JoinRunAsync_notFlushedYet_saysSo()
    {
        await using var rig = new Rig();
        var owner = rig.Open();
        var other = rig.Open();
        rig.Store.Gate = new TaskCompletionSource().Task;
        var run = await owner.StartRunAsync("shared");
        var missing = await Assert.ThrowsAsync<NotFoundException>(() => other.JoinRunAsync(run.Id));
        Assert.Contains(run.Id.ToString(), missing.Message, StringComparison.Ordinal);
        Assert.Contains("flush", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LogMetric_twoProcessesOneRun_allPointsThereInOrder()
    {
        using var folder = new TemporaryFolder();
        using var owner = ChildProcess.Start("own", folder["store"], "shared");
        var id = RunId.Parse(await owner.ReadLineAsync(), CultureInfo.InvariantCulture);
        var helpers = Enumerable.Range(0, 2)
            .Select(h => ChildProcess.Start("join", folder["store"], id.ToString(), $"helper{h}", "20000"))
            .ToList();
        await using var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = folder["store"] });
        await using (var joined = await mlops.JoinRunAsync(id))
        {
            for (var i = 0; i < 20_000; i++)
                joined.LogMetric("here", i, i);
        }

        foreach (var helper in helpers)
        {
            Assert.Equal("durable", await helper.ReadLineAsync());
            await helper.JoinAsync();
            helper.Dispose();
        }

        Assert.Equal(RunStatus.Running, (await mlops.Runs.GetAsync(id)).Status);
        await owner.WriteLineAsync("end");
        await owner.JoinAsync();
        var run = await mlops.Runs.GetAsync(id);
        Assert.Equal((RunStatus.Finished, "owner"), (run.Status, run.Params["from"]));
        foreach (var metric in (string[])["here", "helper0", "helper1"])
            Assert.Equal(Enumerable.Range(0, 20_000).Select(i => (double)i), (await mlops.Runs.ReadMetricAsync(id, metric)).Select(p => p.Value));
        Assert.Empty((await mlops.VerifyAsync()).Problems);
    }

    [Fact]
    public async Task DisposeAsync_threadsStillLogging_refusesThemAndTheProcessLives()
    {
        using var folder = new TemporaryFolder();
        using var child = ChildProcess.Start("dispose-race", folder["store"], "30");
        Assert.Equal("survived", await child.ReadLineAsync());
        await child.JoinAsync();
    }
}

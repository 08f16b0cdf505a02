using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Runs;

/// <summary>What is done to runs beside logging, and what open handles notice of it.</summary>
public sealed class OrganisingTests : RigTest
{
    [Fact]
    public async Task SetNameAndNotes_open_areStored()
    {
        Run.SetName("resnet, wide").SetNotes("# Seen\n\nIt **converges**.");
        Assert.Equal("resnet, wide", Run.Name);
        Assert.Throws<ArgumentException>(() => Run.SetName(""));
        Assert.Throws<ArgumentException>(() => Run.SetNotes(new string('x', 65_537)));
        await Run.CompleteAsync();
        var stored = await Catalog.GetAsync(Run.Id);
        Assert.Equal(("resnet, wide", "# Seen\n\nIt **converges**."), (stored.Name, stored.Notes));
    }

    [Fact]
    public async Task RenameAsync_justStarted_comesAfterWhatWasLogged()
    {
        var run = await Tracker.StartRunAsync("flights", new RunOptions { Name = "first", Params = new Dictionary<string, object?> { ["lr"] = 0.1 } });
        await Catalog.RenameAsync(run.Id, "second");
        var stored = await Catalog.GetAsync(run.Id);
        Assert.Equal(("second", "0.1"), (stored.Name, stored.Params["lr"]));
    }

    [Fact]
    public async Task StartRunAsync_badParam_startsNothing()
    {
        var options = new RunOptions { Params = new Dictionary<string, object?> { ["bad\n"] = 1 } };
        await Assert.ThrowsAsync<ArgumentException>(() => Tracker.StartRunAsync("none", options));
        await Tracker.FlushAsync();
        Assert.Single((await Catalog.QueryAsync(new RunQuery())).Runs);
    }

    [Fact]
    public async Task StartChildAsync_parentDeleted_closesTheChildToo()
    {
        await using var child = await Run.StartChildAsync(new RunOptions { Name = "fold 1" });
        Assert.Equal("flights", child.Experiment);
        await Catalog.DeleteAsync(Run.Id);
        Assert.Throws<InvalidOperationException>(() => child.LogMetric("m", 1));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Run.StartChildAsync());
        await Catalog.RestoreAsync(Run.Id);
        child.LogMetric("m", 2);
        await child.CompleteAsync();
        Assert.Equal([child.Id], (await Catalog.ListChildrenAsync(Run.Id)).Select(r => r.Id));
        Assert.Equal([Run.Id], (await Catalog.ListAncestorsAsync(child.Id)).Select(r => r.Id));
    }

    [Fact]
    public async Task DeleteAsyncExperiment_openRun_handleNoticesAndRestoreOpensItAgain()
    {
        var experiments = new ExperimentCatalog(Tracker.Context);
        await experiments.DeleteAsync("flights");
        Assert.Contains("was deleted", Assert.Throws<InvalidOperationException>(() => Run.LogMetric("m", 1)).Message, StringComparison.Ordinal);
        await experiments.RestoreAsync("flights");
        Run.LogMetric("m", 2);
        Assert.True((await Run.CompleteAsync()).IsDurable);
    }

    [Fact]
    public async Task PurgeAsync_openRun_isRefusedAndOnceEndedGone()
    {
        Run.LogMetric("m", 1);
        await Run.LogTextAsync("x", "a");
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Catalog.PurgeAsync(Run.Id));
        Assert.Contains("end it first", refused.Message, StringComparison.Ordinal);
        await Run.CompleteAsync();
        await Catalog.PurgeAsync(Run.Id);
        Assert.Throws<InvalidOperationException>(() => Run.LogMetric("m", 2));
        await Run.DisposeAsync();
        Assert.True((await Tracker.FlushAsync()).IsDurable);
        await Assert.ThrowsAsync<NotFoundException>(() => Tracker.ReopenRunAsync(Run.Id));
        await Rig.AssertSoundAsync();
    }

    [Fact]
    public async Task PurgeAsync_joinedHandleOfAnEndedRun_noticesIt()
    {
        await Run.FlushAsync();
        var helper = Rig.Open();
        await using var joined = await helper.JoinRunAsync(Run.Id);
        await Run.CompleteAsync();
        await new RunCatalog(helper.Context).PurgeAsync(Run.Id);
        Assert.Contains("was purged", Assert.Throws<InvalidOperationException>(() => joined.LogMetric("m", 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ForkRunAsync_running_goesOnFromTheStepWithItsParams()
    {
        Run.LogParam("lr", 0.1).LogParam("depth", 5);
        for (var i = 0; i < 100; i++)
            Run.LogMetric("loss", i, i);
        await using var fork = await Tracker.ForkRunAsync(
            Run.Id, 49, new RunOptions { Name = "lower lr", Params = new Dictionary<string, object?> { ["lr"] = 0.01 } });
        Assert.Equal(("lower lr", "flights"), (fork.Name, fork.Experiment));
        Assert.Throws<ImmutableException>(() => fork.LogParam("depth", 6));
        for (var i = 50; i < 60; i++)
            fork.LogMetric("loss", -i, i);
        await fork.CompleteAsync();

        var stored = await Catalog.GetAsync(fork.Id);
        Assert.Equal((Run.Id, 49L, 60L), (stored.ForkedFrom, stored.ForkStep, stored.Metrics["loss"].Count));
        Assert.Equal(new SortedDictionary<string, string> { ["depth"] = "5", ["lr"] = "0.01" }, stored.Params);
        Assert.Equal(
            Enumerable.Range(0, 60).Select(i => i < 50 ? (double)i : -i),
            (await Catalog.ReadMetricAsync(fork.Id, "loss")).Select(p => p.Value));
        await Rig.AssertValuesAsync(fork.Id, "loss", [.. Enumerable.Range(50, 10).Select(i => -(double)i)]);
        await Run.CompleteAsync();
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Catalog.PurgeAsync(Run.Id));
        Assert.Contains("'lower lr'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ForkRunAsync_deletedOrFarStep_isRefused()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Tracker.ForkRunAsync(Run.Id, long.MaxValue));
        await Catalog.DeleteAsync(Run.Id);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Tracker.ForkRunAsync(Run.Id, 1));
    }
}

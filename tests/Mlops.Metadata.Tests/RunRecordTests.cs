using Mlops.Storage;

namespace Mlops.Metadata.Tests;

public sealed class RunRecordTests
{
    private static readonly DateTimeOffset Later = StoreRig.Start.AddSeconds(90);

    [Fact]
    public async Task Started_readBack_isWhatWasGiven()
    {
        await using var rig = new StoreRig();
        var parent = await rig.StartAsync("flights", "parent");
        var id = await rig.StartAsync("flights", "fold 1", parent);
        var run = await rig.Runs.GetAsync(id);
        Assert.Equal((id, "fold 1", RunStatus.Running, LifecycleStage.Active), (run.Id, run.Name, run.Status, run.Stage));
        Assert.Equal((StoreRig.Start, (RunId?)parent, (RecordId?)StoreRig.Owner), (run.StartTime, run.ParentId, run.Owner));
        Assert.Equal((null, null, null, null), (run.EndTime, run.EndReason, run.Error, run.JournalDamage));
        Assert.Equal((await rig.Experiments.GetAsync("flights")).Id, run.ExperimentId);
        Assert.Equal(0, run.DroppedPoints);
        Assert.Empty(run.Params);
        Assert.Empty(run.Tags);
        Assert.Empty(run.Metrics);
        Assert.Empty(run.Conflicts);
    }

    [Theory]
    [InlineData(RunStatus.Finished, null, null)]
    [InlineData(RunStatus.Failed, RunEnd.Exception, "boom\r\n at x")]
    [InlineData(RunStatus.Failed, RunEnd.NotCompleted, null)]
    [InlineData(RunStatus.Killed, RunEnd.Cancelled, null)]
    public async Task Ended_readBack_isWhatWasGiven(RunStatus status, string? reason, string? error)
    {
        await using var rig = new StoreRig();
        var id = await rig.StartAsync();
        await rig.CommitAsync(RunRecord.Ended(id, new RunEnd(status, Later, reason, error)));
        var run = await rig.Runs.GetAsync(id);
        Assert.Equal((status, (DateTimeOffset?)Later, reason, error), (run.Status, run.EndTime, run.EndReason, run.Error));
    }

    [Fact]
    public async Task Ended_secondEnd_takesReasonAndErrorOfTheFirstAway()
    {
        await using var rig = new StoreRig();
        var id = await rig.StartAsync();
        await rig.CommitAsync(RunRecord.Ended(id, new RunEnd(RunStatus.Failed, Later, RunEnd.Lost, "e")));
        await rig.CommitAsync(RunRecord.Ended(id, new RunEnd(RunStatus.Finished, Later)));
        var run = await rig.Runs.GetAsync(id);
        Assert.Equal((RunStatus.Finished, null, null), (run.Status, run.EndReason, run.Error));
    }

    [Fact]
    public async Task Resumed_afterAnEnd_isRunningWithTheNewOwner()
    {
        await using var rig = new StoreRig();
        var id = await rig.StartAsync();
        await rig.CommitAsync(RunRecord.Ended(id, new RunEnd(RunStatus.Failed, Later, RunEnd.Exception, "e")));
        await rig.CommitAsync(RunRecord.Resumed(id, new RecordId(7)));
        var run = await rig.Runs.GetAsync(id);
        Assert.Equal((RunStatus.Running, null, null, null), (run.Status, run.EndTime, run.EndReason, run.Error));
        Assert.Equal(new RecordId(7), run.Owner);
    }

    [Fact]
    public async Task Logged_paramsAndTags_areApartAndPlain()
    {
        await using var rig = new StoreRig();
        var id = await rig.StartAsync();
        await rig.CommitAsync(RunRecord.Logged(id, [
            RunRecord.Param("lr", "0.1", 0.1), RunRecord.Tag("lr", "tag"), RunRecord.Param("a.b/c d", "x", null), RunRecord.Param("params.", "y", null)]));
        await rig.CommitAsync(RunRecord.Logged(id, [RunRecord.Param("lr", "0.2", 0.2), RunRecord.Tag("lr", "newer")]));
        var run = await rig.Runs.GetAsync(id);
        Assert.Equal(new SortedDictionary<string, string>(StringComparer.Ordinal) { ["a.b/c d"] = "x", ["lr"] = "0.1", ["params."] = "y" }, run.Params);
        Assert.Equal(new SortedDictionary<string, string> { ["lr"] = "newer" }, run.Tags);
        var conflict = Assert.Single(run.Conflicts);
        Assert.Equal(("params.lr", "0.1", "0.2"), (conflict.Field, conflict.Kept.AsText, conflict.Refused.AsText));
    }

    [Fact]
    public async Task PointsDropped_severalClients_addUp()
    {
        await using var rig = new StoreRig();
        var id = await rig.StartAsync();
        await rig.CommitAsync(RunRecord.PointsDropped(id, new RecordId(1), 5), RunRecord.PointsDropped(id, new RecordId(2), 7));
        await rig.CommitAsync(RunRecord.PointsDropped(id, new RecordId(1), 6));
        await rig.CommitAsync(RunRecord.JournalGaps(id, new RecordId(1), 2), RunRecord.JournalGaps(id, new RecordId(2), 3));
        await rig.CommitAsync(RunRecord.JournalDamaged(id, new RecordId(1), "two slots"), RunRecord.JournalDamaged(id, new RecordId(2), "one slot"));
        var run = await rig.Runs.GetAsync(id);
        Assert.Equal((13L, 5L, "two slots; one slot"), (run.DroppedPoints, run.JournalGaps, run.JournalDamage));
    }

    [Fact]
    public async Task Started_badName_isRefused()
    {
        await using var rig = new StoreRig();
        await Assert.ThrowsAsync<ArgumentException>("name", () => rig.StartAsync(name: "a\nb"));
        await Assert.ThrowsAsync<ArgumentException>("name", () => rig.StartAsync(experiment: ""));
    }

    [Fact]
    public async Task GetAsync_idOfAnExperiment_saysWhatItIs()
    {
        await using var rig = new StoreRig();
        await rig.StartAsync("e");
        var experiment = await rig.Experiments.GetAsync("e");
        var refused = await Assert.ThrowsAsync<NotFoundException>(() => rig.Runs.GetAsync(new RunId(experiment.Id.Value)));
        Assert.Contains("'experiment', not a run", refused.Message, StringComparison.Ordinal);
    }
}

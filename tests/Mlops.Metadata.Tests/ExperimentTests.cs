using Mlops.Storage;

namespace Mlops.Metadata.Tests;

public sealed class ExperimentTests
{
    [Theory]
    [InlineData("vision/cats/resnet", "vision/cats", "resnet")]
    [InlineData("plain", "", "plain")]
    [InlineData("/Users/x", "/Users", "x")]
    [InlineData("/x", "", "/x")]
    [InlineData("a/", "", "a/")]
    [InlineData("a//b", "a", "/b")]
    [InlineData("/", "", "/")]
    [InlineData("a/b/", "a", "b/")]
    public void Folder_ofAnyName_dividesAtTheLastSlashBetween(string name, string folder, string shortName)
    {
        var experiment = new Experiment(new ExperimentId(new RecordId(1)), name, StoreRig.Start, LifecycleStage.Active);
        Assert.Equal((folder, shortName), (experiment.Folder, experiment.ShortName));
    }

    [Fact]
    public async Task ListFolderAsync_anyNames_reachesEachExperimentOnce()
    {
        await using var rig = new StoreRig();
        string[] names = ["vision/cats/resnet", "vision/cats/vit", "vision/dogs", "vision0", "vision", "vision-2/x", "/Users/x", "a//b", "a/", "/", "100%/a_b", "100x/c"];
        foreach (var name in names)
            await rig.StartAsync(name);
        var vision = await rig.Experiments.ListFolderAsync("vision");
        Assert.Equal(["vision/cats"], vision.Folders);
        Assert.Equal(["vision/dogs"], vision.Experiments.Select(e => e.Name));
        Assert.Equal(["vision/cats/resnet", "vision/cats/vit", "vision/dogs"], (await rig.Experiments.ListAsync("vision")).Select(e => e.Name));
        Assert.Equal(["100%/a_b"], (await rig.Experiments.ListAsync("100%")).Select(e => e.Name));

        List<string> found = [];
        var folders = new Queue<string>([""]);
        while (folders.TryDequeue(out var path))
        {
            var folder = await rig.Experiments.ListFolderAsync(path);
            Assert.All(folder.Experiments, e => Assert.Equal(path, e.Folder));
            found.AddRange(folder.Experiments.Select(e => e.Name));
            foreach (var sub in folder.Folders)
                folders.Enqueue(sub);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Edits_readBack_areWhatWasGivenAndRemovable()
    {
        await using var rig = new StoreRig();
        Assert.Equal("e", (await rig.Experiments.EnsureAsync("e")).Name);
        await rig.Experiments.SetDescriptionAsync("e", "# Why");
        await rig.Experiments.SetTagAsync("e", "team", "ops");
        await rig.Experiments.SetGoalAsync("e", "auc", MetricGoal.Maximize);
        await rig.Experiments.SetGoalAsync("e", "loss", MetricGoal.Minimize);
        var read = await rig.Experiments.GetAsync("e");
        Assert.Equal(("# Why", "ops"), (read.Description, read.Tags["team"]));
        Assert.Equal((MetricGoal.Maximize, MetricGoal.Minimize), (read.Goals["auc"], read.Goals["loss"]));
        await rig.Experiments.SetDescriptionAsync("e", "");
        await rig.Experiments.RemoveTagAsync("e", "team");
        await rig.Experiments.RemoveTagAsync("e", "team");
        await rig.Experiments.SetGoalAsync("e", "auc", null);
        read = await rig.Experiments.GetAsync("e");
        Assert.Equal((null, 0, 1), (read.Description, read.Tags.Count, read.Goals.Count));
        await Assert.ThrowsAsync<NotFoundException>(() => rig.Experiments.SetTagAsync("absent", "a", "b"));
        await Assert.ThrowsAsync<ArgumentException>(() => rig.Experiments.SetTagAsync("e", "a\n", "b"));
        await Assert.ThrowsAsync<ArgumentException>(() => rig.Experiments.SetDescriptionAsync("e", new string('x', 65_537)));
    }

    [Fact]
    public async Task DeleteAsync_thenRestore_bringsBackJustTheRunsItHid()
    {
        await using var rig = new StoreRig();
        var kept = await rig.StartAsync();
        var deletedBefore = await rig.StartAsync();
        var other = await rig.StartAsync("other");
        await rig.Runs.DeleteAsync(deletedBefore);
        await rig.Experiments.DeleteAsync("e");
        await rig.Experiments.DeleteAsync("e");
        Assert.Equal([other], (await rig.Runs.QueryAsync(new RunQuery())).Runs.Select(r => r.Id));
        Assert.Equal(["other"], (await rig.Experiments.ListAsync()).Select(e => e.Name));
        Assert.Equal(LifecycleStage.Deleted, (await rig.Experiments.GetAsync("e")).Stage);
        Assert.Equal(2, (await rig.Experiments.ListAsync(includeDeleted: true)).Count);
        await rig.Experiments.RestoreAsync("e");
        Assert.Equal([other, kept], (await rig.Runs.QueryAsync(new RunQuery())).Runs.Select(r => r.Id));
        Assert.Equal(2, (await rig.Experiments.ListAsync()).Count);
    }

    [Fact]
    public async Task StartedInADeletedExperiment_isShownAndRestoringLeavesIt()
    {
        await using var rig = new StoreRig();
        await rig.StartAsync();
        await rig.Experiments.DeleteAsync("e");
        var late = await rig.StartAsync();
        Assert.Equal([late], (await rig.Runs.QueryAsync(new RunQuery { Experiment = "e" })).Runs.Select(r => r.Id));
        await rig.Experiments.RestoreAsync("e");
        Assert.Equal(2, (await rig.Runs.QueryAsync(new RunQuery { Experiment = "e" })).Runs.Count);
    }

    [Fact]
    public async Task DeleteAsync_cancelledBetweenBatches_goesOnWhenCalledAgain()
    {
        await using var rig = new StoreRig();
        var first = await rig.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            await rig.CommitAsync([.. Enumerable.Range(0, 400).Select(n =>
                RunRecord.Started(new RunId(new RecordId((UInt128)((i * 1000) + n + 1))), "e", "r", StoreRig.Start, StoreRig.Owner, null))]);
        }

        using var stop = new CancellationTokenSource();
        List<long> told = [];
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => rig.Experiments.DeleteAsync("e", new Told(n => { told.Add(n); stop.Cancel(); }), stop.Token));
        Assert.Equal([500L], told);
        Assert.Equal(701, (await rig.Runs.QueryAsync(new RunQuery { Limit = 10_000 })).Runs.Count);
        await rig.Experiments.DeleteAsync("e", new Told(told.Add));
        Assert.Equal([500L, 500, 701], told);
        Assert.Empty((await rig.Runs.QueryAsync(new RunQuery())).Runs);
        await rig.Experiments.RestoreAsync("e");
        Assert.Equal(1201, (await rig.Runs.QueryAsync(new RunQuery { Limit = 10_000 })).Runs.Count);
        Assert.Equal(LifecycleStage.Active, (await rig.Runs.GetAsync(first)).Stage);
    }

    [Fact]
    public async Task QueryAsync_experimentPurgedAndMadeAgain_findsTheRunsOfTheNewOne()
    {
        await using var rig = new StoreRig();
        var query = new RunQuery { Experiment = "e" };
        var run = await rig.StartAsync();
        await rig.CommitAsync(RunRecord.Ended(run, new RunEnd(RunStatus.Finished, StoreRig.Start)));
        Assert.Equal([run], (await rig.Runs.QueryIdsAsync(query)).Ids);
        await rig.Experiments.PurgeAsync("e");
        await Assert.ThrowsAsync<NotFoundException>(() => rig.Runs.QueryIdsAsync(query));
        var again = await rig.StartAsync();
        Assert.Equal([again], (await rig.Runs.QueryIdsAsync(query)).Ids);
    }

    [Fact]
    public async Task QueryAsync_runUnderThePurgedId_isNotListedByTheNameOnceThatIsFree()
    {
        await using var rig = new StoreRig();
        var query = new RunQuery { Experiment = "e" };
        var run = await rig.StartAsync();
        var old = (await rig.Experiments.GetAsync("e")).Id;
        await rig.CommitAsync(RunRecord.Ended(run, new RunEnd(RunStatus.Finished, StoreRig.Start)));
        Assert.Equal([run], (await rig.Runs.QueryIdsAsync(query)).Ids);
        await rig.Experiments.PurgeAsync("e");
        await Assert.ThrowsAsync<NotFoundException>(() => rig.Runs.QueryIdsAsync(query));
        await rig.CommitAsync(new RecordChange
        {
            Id = RecordId.Parse("0190000000007000800000000000000e", null),
            Kind = RunRecord.Kind,
            Mode = ChangeMode.Create,
            Action = "run.imported",
            Fields = RunRecord.Foreign(old, "late", StoreRig.Start, parent: null),
        });
        await Assert.ThrowsAsync<NotFoundException>(() => rig.Runs.QueryIdsAsync(query));
    }

    [Fact]
    public async Task PurgeAsync_endedRuns_areGoneWithArtifactsAndTheNameIsFree()
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync();
        var artifact = await rig.LogAsync(run, "a", "x");
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => rig.Experiments.PurgeAsync("e"));
        Assert.Contains(run.ToString(), refused.Message, StringComparison.Ordinal);
        await rig.CommitAsync(RunRecord.Ended(run, new RunEnd(RunStatus.Finished, StoreRig.Start)));
        await rig.Experiments.PurgeAsync("e");
        Assert.Null(await rig.Experiments.FindAsync("e"));
        Assert.Null(await rig.Runs.FindAsync(run));
        Assert.True((await rig.Store.FindRecordAsync(artifact.Id.Value))!.IsPurged);
        Assert.Empty((await rig.Store.VerifyAsync()).Problems);
        await rig.StartAsync();
        Assert.Single((await rig.Runs.QueryAsync(new RunQuery { Experiment = "e" })).Runs);
    }

    [Fact]
    public async Task FindBestAndLastRun_severalStages_countWhatTheySay()
    {
        await using var rig = new StoreRig();
        List<RunId> runs = [];
        double[] values = [0.5, 0.9, 0.7, double.NaN, 0.99, 0.95];
        for (var i = 0; i < values.Length; i++)
        {
            runs.Add(await rig.StartAsync(start: StoreRig.Start.AddMinutes(i == 0 ? 100 : i)));
            await rig.AppendAsync(runs[i], "auc", (1, values[i]));
            if (i != 4)
                await rig.CommitAsync(RunRecord.Ended(runs[i], new RunEnd(RunStatus.Finished, StoreRig.Start)));
        }

        await rig.Runs.DeleteAsync(runs[5]);
        var missing = await Assert.ThrowsAsync<ArgumentException>(() => rig.Experiments.FindBestRunAsync("e", "auc"));
        Assert.Contains("SetGoalAsync", missing.Message, StringComparison.Ordinal);
        Assert.Equal(runs[0], (await rig.Experiments.FindBestRunAsync("e", "auc", MetricGoal.Minimize))!.Id);
        await rig.Experiments.SetGoalAsync("e", "auc", MetricGoal.Maximize);
        Assert.Equal(runs[1], (await rig.Experiments.FindBestRunAsync("e", "auc"))!.Id);
        Assert.Null(await rig.Experiments.FindBestRunAsync("e", "absent", MetricGoal.Minimize));
        Assert.Equal(runs[0], (await rig.Experiments.FindLastRunAsync("e"))!.Id);
        await rig.Runs.DeleteAsync(runs[0]);
        Assert.Equal(runs[4], (await rig.Experiments.FindLastRunAsync("e"))!.Id);
        await Assert.ThrowsAsync<NotFoundException>(() => rig.Experiments.FindLastRunAsync("absent"));
    }

    private sealed class Told(Action<long> tell) : IProgress<long>
    {
        public void Report(long value) => tell(value);
    }
}

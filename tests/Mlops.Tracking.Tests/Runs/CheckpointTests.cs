using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Tracking.Tests.Runs;

public sealed class CheckpointTests
{
    [Fact]
    public async Task LogCheckpointAsync_keepLast_keepsThoseAndTheBest()
    {
        await using var rig = new Rig();
        await using var run = await rig.Open().StartRunAsync("e");
        double[] scores = [0.1, 0.9, 0.5, double.NaN, 0.6];
        for (var step = 0; step < scores.Length; step++)
            await run.LogCheckpointAsync(WriteModel(rig, step), step, new CheckpointOptions { Score = scores[step], Metric = "val_auc", KeepLast = 2 });
        await run.CompleteAsync();

        var kept = await rig.Runs.ListCheckpointsAsync(run.Id);
        Assert.Equal([1, 3, 4], kept.Select(c => c.Step));
        Assert.Equal(1, ModelCheckpoint.Best(kept)!.Step);
        Assert.Equal(["checkpoints/model/1/model.bin", "checkpoints/model/3/model.bin", "checkpoints/model/4/model.bin"],
            (await rig.Runs.ListArtifactsAsync(run.Id)).Select(a => a.Path.Value));
        await using var model = await rig.Runs.OpenArtifactAsync(run.Id, "checkpoints/model/4/model.bin");
        Assert.Equal("model 4", await new StreamReader(model).ReadToEndAsync());
        await rig.AssertSoundAsync();
    }

    [Fact]
    public async Task LogCheckpointAsync_scoreOfALoss_keepsTheSmallest()
    {
        await using var rig = new Rig();
        await using var run = await rig.Open().StartRunAsync("e");
        double[] losses = [0.9, 0.1, 0.5, 0.6];
        for (var step = 0; step < losses.Length; step++)
            await run.LogCheckpointAsync(WriteModel(rig, step), step, new CheckpointOptions { Score = losses[step], Metric = "val_loss", KeepLast = 1 });
        foreach (var metric in (string?[])[null, "x17"])
        {
            var error = await Assert.ThrowsAsync<ArgumentException>(
                () => run.LogCheckpointAsync(WriteModel(rig, 9), 9, new CheckpointOptions { Key = "other", Score = 0.3, Metric = metric }));
            Assert.Contains("say Goal", error.Message, StringComparison.Ordinal);
        }

        // which way it is better is settled by the first, and a score that is not known needs none
        await run.LogCheckpointAsync(WriteModel(rig, 3), 3, new CheckpointOptions { Score = 0.6, KeepLast = 1 });
        await run.LogCheckpointAsync(WriteModel(rig, 9), 9, new CheckpointOptions { Key = "other", Score = double.NaN });

        await run.CompleteAsync();
        var kept = (await rig.Runs.ListCheckpointsAsync(run.Id)).Where(c => c.Key != "other").ToList();
        Assert.Equal([1, 3], kept.Select(c => c.Step));
        Assert.Equal(1, ModelCheckpoint.Best(kept)!.Step);
    }

    [Fact]
    public async Task LogCheckpointAsync_reopenedRun_countsTheOlderOnes()
    {
        await using var rig = new Rig();
        var tracker = rig.Open();
        var run = await tracker.StartRunAsync("e");
        await using (run)
        {
            await run.LogCheckpointAsync(WriteModel(rig, 1), 1, new CheckpointOptions { Score = 5, Goal = MetricGoal.Minimize, KeepLast = 1 });
            await run.LogCheckpointAsync(WriteModel(rig, 2), 2, new CheckpointOptions { Score = 7, Goal = MetricGoal.Minimize, KeepLast = 1 });
            await run.LogCheckpointAsync(WriteModel(rig, 2), 2, new CheckpointOptions { Key = "other" });
            await run.CompleteAsync();
        }

        await using var again = await tracker.ReopenRunAsync(run.Id);
        await again.LogCheckpointAsync(WriteModel(rig, 3), 3, new CheckpointOptions { Score = 6, Goal = MetricGoal.Minimize, KeepLast = 1 });
        await again.CompleteAsync();

        var kept = await rig.Runs.ListCheckpointsAsync(run.Id);
        Assert.Equal([("model", 1), ("model", 3), ("other", 2)], kept.Select(c => (c.Key, (int)c.Step)));
        Assert.Equal(1, ModelCheckpoint.Best(kept.Where(c => c.Key == "model"))!.Step);
    }

    [Theory]
    [InlineData("val_score")]
    [InlineData(null)]
    public async Task LogCheckpointAsync_reopenedByAnotherClient_keepsTheGoalOfTheScoresThatAreThere(string? metric)
    {
        await using var rig = new Rig();
        var first = rig.Open();
        var run = await first.StartRunAsync("e");
        await run.FlushAsync();
        var experiments = new ExperimentCatalog(first.Context);
        await experiments.SetGoalAsync("e", "val_score", MetricGoal.Minimize);
        await run.LogCheckpointAsync(WriteModel(rig, 1), 1, new CheckpointOptions { Score = 5, Metric = "val_score" });
        await run.LogCheckpointAsync(WriteModel(rig, 2), 2, new CheckpointOptions { Score = 7 });
        await run.LogCheckpointAsync(WriteModel(rig, 2), 2, new CheckpointOptions { Score = double.NaN });
        await run.CompleteAsync();
        await first.DisposeAsync();

        // it has not read the experiment, and by its name a score is better large
        await using var again = await rig.Open().ReopenRunAsync(run.Id);
        var logged = await again.LogCheckpointAsync(WriteModel(rig, 3), 3, new CheckpointOptions { Score = 6, Metric = metric, KeepLast = 1 });
        await again.CompleteAsync();

        Assert.Equal(MetricGoal.Minimize, logged.Goal);
        var kept = await rig.Runs.ListCheckpointsAsync(run.Id);
        Assert.Equal([1, 3], kept.Select(c => c.Step));
        Assert.Equal(1, ModelCheckpoint.Best(kept)!.Step);
    }

    [Fact]
    public async Task LogCheckpointAsync_reopenedWhileTheStoreIsAway_turnsNoScoresAround()
    {
        await using var rig = new Rig();
        var first = rig.Open();
        var run = await first.StartRunAsync("e");
        await run.LogCheckpointAsync(WriteModel(rig, 1), 1, new CheckpointOptions { Score = 5, Goal = MetricGoal.Minimize });
        await run.LogCheckpointAsync(WriteModel(rig, 2), 2, new CheckpointOptions { Score = 7, Goal = MetricGoal.Minimize });
        await run.CompleteAsync();
        await first.DisposeAsync();

        var second = rig.Open();
        await using var again = await second.ReopenRunAsync(run.Id);
        await again.FlushAsync();
        rig.Store.IsAway = true;
        await again.LogCheckpointAsync(WriteModel(rig, 3), 3, new CheckpointOptions { Score = 6, Metric = "val_score", KeepLast = 1 });
        Assert.Equal(MetricGoal.Minimize, (await again.LogCheckpointAsync(WriteModel(rig, 4), 4, new CheckpointOptions { Score = 8, KeepLast = 1 })).Goal);
        rig.Store.IsAway = false;
        await again.LogCheckpointAsync(WriteModel(rig, 5), 5, new CheckpointOptions { Score = 9, Metric = "val_score", KeepLast = 1 });
        await Rig.FlushUntilDrainedAsync(second);

        Assert.Equal([1, 5], (await rig.Runs.ListCheckpointsAsync(run.Id)).Select(c => c.Step));
    }

    [Fact]
    public async Task LogCheckpointAsync_manyOlderOnes_arePurgedInBatchesThatFit()
    {
        const int count = 9_000;
        await using var rig = new Rig();
        var tracker = rig.Open();
        var run = await tracker.StartRunAsync("e");
        await using (run)
        {
            var content = await rig.Content.PutFileAsync(WriteModel(rig, 0));
            for (var step = 0; step < count; step++)
                tracker.WriteCheckpoint(run, null, ArtifactPath.Parse($"checkpoints/model/{step}/model.bin"), content, "model", step, null, MetricGoal.Maximize, out _);
            await run.CompleteAsync();
        }

        await using var again = await tracker.ReopenRunAsync(run.Id);
        await again.LogCheckpointAsync(WriteModel(rig, count), count, new CheckpointOptions { KeepLast = 1 });
        await again.CompleteAsync();

        Assert.Equal([count], (await rig.Runs.ListCheckpointsAsync(run.Id)).Select(c => c.Step));
    }

    [Fact]
    public async Task LogCheckpointAsync_runGoesOnFromAnEarlierStep_keepsTheOneJustLogged()
    {
        await using var rig = new Rig();
        var tracker = rig.Open();
        var run = await tracker.StartRunAsync("e");
        await using (run)
        {
            await run.LogCheckpointAsync(WriteModel(rig, 50), 50);
            await run.LogCheckpointAsync(WriteModel(rig, 100), 100);
            await run.CompleteAsync();
        }

        await using var again = await tracker.ReopenRunAsync(run.Id);
        await again.LogCheckpointAsync(WriteModel(rig, 60), 60, new CheckpointOptions { KeepLast = 2 });
        await again.FlushAsync();
        Assert.Equal([60, 100], (await rig.Runs.ListCheckpointsAsync(run.Id)).Select(c => c.Step));
        await again.LogCheckpointAsync(WriteModel(rig, 70), 70, new CheckpointOptions { KeepLast = 1 });
        await again.CompleteAsync();
        Assert.Equal([70], (await rig.Runs.ListCheckpointsAsync(run.Id)).Select(c => c.Step));
    }

    [Fact]
    public async Task LogCheckpointAsync_stepLoggedTwice_keepsTheNewer()
    {
        await using var rig = new Rig();
        await using var run = await rig.Open().StartRunAsync("e");
        await run.LogCheckpointAsync(WriteModel(rig, 5), 5, new CheckpointOptions { KeepLast = 1 });
        var newer = await run.LogCheckpointAsync(WriteModel(rig, 6), 5, new CheckpointOptions { KeepLast = 1 });
        await run.CompleteAsync();

        Assert.Equal(newer.File.Id, Assert.Single(await rig.Runs.ListCheckpointsAsync(run.Id)).File.Id);
    }

    [Fact]
    public async Task LogCheckpointAsync_journalFull_losesNeitherTheOlderOneNorSightOfIt()
    {
        await using var rig = new Rig();
        var tracker = rig.Open(o => o with { FlushBound = TimeSpan.FromMilliseconds(100), JournalBoundBytes = 16 << 20 });
        await using var run = await tracker.StartRunAsync("full");
        var keepOne = new CheckpointOptions { KeepLast = 1 };
        await run.LogCheckpointAsync(WriteModel(rig, 1), 1, keepOne);
        await run.FlushAsync();
        rig.Store.IsAway = true;
        run.SetTag("now", "away");
        await Rig.UntilAsync(async () => (await tracker.FlushAsync()).Cause is not null);
        foreach (var length in (int[])[EntityText.MaxValueLength, 500, 0])
        {
            var dropped = rig.Log.Of(4013).Count;
            while (rig.Log.Of(4013).Count == dropped)
                run.SetTag("filler", new string('x', length));
        }

        await run.LogCheckpointAsync(WriteModel(rig, 2), 2, keepOne);
        rig.Store.IsAway = false;
        await Rig.FlushUntilDrainedAsync(tracker);
        Assert.Equal([1], (await rig.Runs.ListCheckpointsAsync(run.Id)).Select(c => c.Step));
        await run.LogCheckpointAsync(WriteModel(rig, 3), 3, keepOne);
        await Rig.FlushUntilDrainedAsync(tracker);
        Assert.Equal([3], (await rig.Runs.ListCheckpointsAsync(run.Id)).Select(c => c.Step));
    }

    [Fact]
    public async Task LogCheckpointAsync_badInput_isRefusedAndTheRunGoesOn()
    {
        await using var rig = new Rig();
        await using var run = await rig.Open().StartRunAsync("e");
        await Assert.ThrowsAsync<FileNotFoundException>(() => run.LogCheckpointAsync(rig.Folder["gone.bin"], 1));
        await Assert.ThrowsAsync<ArgumentException>(() => run.LogCheckpointAsync(WriteModel(rig, 1), 1, new CheckpointOptions { Key = "a/b" }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => run.LogCheckpointAsync(WriteModel(rig, 1), 1, new CheckpointOptions { KeepLast = 0 }));
        await run.LogCheckpointAsync(WriteModel(rig, 1), 1);
        await run.CompleteAsync();

        Assert.Single(await rig.Runs.ListCheckpointsAsync(run.Id));
        await Assert.ThrowsAsync<InvalidOperationException>(() => run.LogCheckpointAsync(WriteModel(rig, 2), 2));
    }

    [Fact]
    public async Task LogCheckpointAsync_fileVanishesWhileItIsRead_isRefusedAndTheRunGoesOn()
    {
        await using var rig = new Rig();
        var file = WriteModel(rig, 1);
        Action? meanwhile = () => File.WriteAllBytes(file, []);
        var objects = new InterceptedObjects(new FolderObjectStore(rig.Folder["objects"]), () => Interlocked.Exchange(ref meanwhile, null)?.Invoke());
        await using var run = await rig.Open(content: new ContentStore(objects)).StartRunAsync("e");
        var error = await Assert.ThrowsAsync<ConflictException>(() => run.LogCheckpointAsync(file, 1, new CheckpointOptions { KeepLast = 1 }));
        Assert.Contains($"'{file}' changed while it was being stored", error.Message, StringComparison.Ordinal);

        // a disk or share that goes away in the middle
        if (OperatingSystem.IsLinux())
            await Assert.ThrowsAsync<IOException>(() => run.LogCheckpointAsync("/proc/self/mem", 2));
        var failing = new TestStream(new byte[10_000], 1_000, failAt: 5_000);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => run.LogArtifactAsync(failing, "checkpoints/model/3/model.bin"));

        await run.LogCheckpointAsync(WriteModel(rig, 4), 4, new CheckpointOptions { KeepLast = 1 });
        await run.CompleteAsync();
        Assert.Equal([4], (await rig.Runs.ListCheckpointsAsync(run.Id)).Select(c => c.Step));
        Assert.Equal("checkpoints/model/4/model.bin", Assert.Single(await rig.Runs.ListArtifactsAsync(run.Id)).Path.Value);
    }

    private static string WriteModel(Rig rig, int step)
    {
        var path = rig.Folder["model.bin"];
        File.WriteAllText(path, $"model {step}");
        return path;
    }
}

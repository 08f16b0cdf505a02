using Microsoft.Extensions.Time.Testing;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Steps;

public sealed class StepTests : RigTest
{
    [Fact]
    public async Task StepAsync_pipeline_readsBackAsTreeInOrderWithDurations()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var rig = new Rig(time);
        var tracker = rig.Open();
        var run = await tracker.StartRunAsync("flights");
        await run.StepAsync("ingest", (_, _) => Pass(time, 2));
        var rows = await run.StepAsync("train", async (step, ct) =>
        {
            await step.StepAsync("fold 1", (_, _) => Pass(time, 3), ct);
            return await step.StepAsync(
                "fold 2",
                async (fold, token) =>
                {
                    await fold.StepAsync("fit", (_, _) => Pass(time, 4), token);
                    return 7;
                },
                ct);
        });
        await run.StepAsync("evaluate", (_, _) => Task.CompletedTask);
        await DrainAsync(run, time);

        var steps = await rig.Runs.ListStepsAsync(run.Id);
        Assert.Equal(7, rows);
        Assert.Equal("ingest 2, train 7 (fold 1 3, fold 2 4 (fit 4)), evaluate 0", Show(steps));
        Assert.Equal(steps[1].Id, steps[1].Children[1].Parent);
        Assert.Equal((run.Id, RunStatus.Finished, null, null), (steps[0].Run, steps[0].Status, steps[0].EndReason, steps[0].Error));
        Assert.Equal(run.Id.Value, (await rig.Real.FindRecordAsync(steps[0].Id.Value))!.Find("run")!.Value.AsReference);
    }

    [Fact]
    public async Task AddInput_checkpointThatIsPurgedLater_staysAnInputThatSaysSo()
    {
        var file = Local["model.bin"];
        await File.WriteAllTextAsync(file, "a tree");
        var first = await Run.LogCheckpointAsync(file, 1, new CheckpointOptions { KeepLast = 1 });
        await Run.StepAsync("evaluate", step =>
        {
            step.AddInput("checkpoints/model/1/model.bin");
            return Task.CompletedTask;
        });
        Assert.Equal(
            new StepData("checkpoints/model/1/model.bin", null, first.File.Digest, first.File.Id), Assert.Single((await StoredAsync())[0].Inputs));

        await Run.LogCheckpointAsync(file, 2, new CheckpointOptions { KeepLast = 1 });
        await Run.StepAsync("again", step =>
        {
            step.AddInput("checkpoints/model/1/model.bin");
            return Task.CompletedTask;
        });
        var steps = await StoredAsync();
        Assert.Equal(new StepData($"artifact {first.File.Id}", StepData.Purged, null, first.File.Id), Assert.Single(steps[0].Inputs));
        Assert.Equal(new StepData("checkpoints/model/1/model.bin"), Assert.Single(steps[1].Inputs));
    }

    [Fact]
    public async Task LogCheckpointAsync_ofAStep_isItsOutputAsLongAsItIsKept()
    {
        var file = Local["model.bin"];
        await File.WriteAllTextAsync(file, "a tree");
        ActiveStep ended = null!;
        var kept = await Run.StepAsync("train", async step =>
        {
            ended = step;
            await step.LogCheckpointAsync(file, 1, new CheckpointOptions { KeepLast = 1 });
            return await step.LogCheckpointAsync(file, 2, new CheckpointOptions { KeepLast = 1 });
        });
        await Run.LogCheckpointAsync(file, 3, new CheckpointOptions { Key = "other" });

        Assert.Equal(
            new StepData("checkpoints/model/2/model.bin", null, kept.File.Digest, kept.File.Id), Assert.Single(Assert.Single(await StoredAsync()).Outputs));
        await Assert.ThrowsAsync<InvalidOperationException>(() => ended.LogCheckpointAsync(file, 4));
    }

    [Fact]
    public async Task StepAsync_bodiesWithoutToken_areStepsWithTheirResults()
    {
        await Run.StepAsync("featurize", async step => await step.LogTextAsync("a", "features/a.txt"));
        var sum = await Run.StepAsync("train", async step =>
        {
            await step.StepAsync("warm up", _ => Task.CompletedTask);
            return await step.StepAsync("fold 1", _ => Task.FromResult(2)) + await step.StepAsync("fold 2", OfAMethodAsync);
        });
        var thrown = new IOException("no line");
        Assert.Same(thrown, await Assert.ThrowsAsync<IOException>(() => Run.StepAsync("evaluate", _ => throw thrown)));

        var steps = await StoredAsync();
        Assert.Equal(5, sum);
        Assert.Equal("features/a.txt", Assert.Single(steps[0].Outputs).Name);
        Assert.Equal(["warm up", "fold 1", "fold 2"], steps[1].Children.Select(s => s.Name));
        Assert.Equal([RunStatus.Finished, RunStatus.Finished, RunStatus.Failed], steps.Select(s => s.Status));

        static Task<int> OfAMethodAsync(ActiveStep step) => Task.FromResult(3);
    }

    [Fact]
    public async Task StepAsync_bodyWithoutTokenThatHeedsIt_isKilled()
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Run.StepAsync(
            "train",
            async _ =>
            {
                await stop.CancelAsync();
                stop.Token.ThrowIfCancellationRequested();
            },
            stop.Token));
        Assert.Equal(RunStatus.Killed, Assert.Single(await StoredAsync()).Status);
    }

    [Fact]
    public async Task StepAsync_bodyThrows_isFailedWithoutSecretsAndThrowsOn()
    {
        var thrown = new InvalidOperationException("no table at postgres://me:hunter22@db/x");
        var outer = Run.StepAsync("outer", (step, ct) => step.StepAsync("inner", (_, _) => throw thrown, ct));
        Assert.Same(thrown, await Assert.ThrowsAsync<InvalidOperationException>(() => outer));
        var step = Assert.Single(await StoredAsync());
        var inner = Assert.Single(step.Children);
        Assert.All([step, inner], s =>
        {
            Assert.Equal((RunStatus.Failed, "exception"), (s.Status, s.EndReason));
            Assert.StartsWith("System.InvalidOperationException: no table at postgres://***@db/x", s.Error, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task StepAsync_cancelled_isKilledAndThrowsOn()
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Run.StepAsync(
            "train",
            async (_, ct) =>
            {
                await stop.CancelAsync();
                ct.ThrowIfCancellationRequested();
            },
            stop.Token));
        var step = Assert.Single(await StoredAsync());
        Assert.Equal((RunStatus.Killed, "cancelled", null), (step.Status, step.EndReason, step.Error));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Run.StepAsync("more", (_, _) => Task.CompletedTask, stop.Token));
        Assert.Single(await StoredAsync());
    }

    [Fact]
    public async Task StepAsync_bodyCancelledByAnotherToken_isFailed()
    {
        await Assert.ThrowsAsync<OperationCanceledException>(() => Run.StepAsync("load", (_, _) => throw new OperationCanceledException("timed out")));
        Assert.Equal(RunStatus.Failed, Assert.Single(await StoredAsync()).Status);
    }

    [Fact]
    public async Task StepAsync_retried_countsAttemptsPerNameAndParentAndGoesOnAfterAReopen()
    {
        for (var i = 0; i < 2; i++)
            await Assert.ThrowsAsync<IOException>(() => Run.StepAsync("ingest", (_, _) => throw new IOException("no line")));
        await Run.StepAsync("train", (step, ct) => step.StepAsync("ingest", (_, _) => Task.CompletedTask, ct));
        await Run.CompleteAsync();
        await using var again = await Tracker.ReopenRunAsync(Run.Id);
        await again.StepAsync("ingest", (_, _) => Task.CompletedTask);

        var steps = await StoredAsync();
        Assert.Equal(
            [("ingest", 1, RunStatus.Failed), ("ingest", 2, RunStatus.Failed), ("train", 1, RunStatus.Finished), ("ingest", 3, RunStatus.Finished)],
            steps.Select(s => (s.Name, s.Attempt, s.Status)));
        Assert.Equal(1, Assert.Single(steps[2].Children).Attempt);
    }

    [Fact]
    public async Task StepAsync_inParallel_keepsAllApart()
    {
        await Run.StepAsync("folds", (step, ct) => Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(
            () => step.StepAsync($"fold {i}", (fold, _) => Task.FromResult(fold.AddOutput("model", $"{i}")), ct)))));
        var folds = Assert.Single(await StoredAsync()).Children;
        Assert.Equal(Enumerable.Range(0, 8).Select(i => $"fold {i} {i}").Order(), folds.Select(f => $"{f.Name} {f.Outputs.Single().Version}").Order());
    }

    [Fact]
    public async Task Step_inputsAndOutputs_areKeptWithWhatTheyAre()
    {
        var other = await Tracker.StartRunAsync("flights");
        await other.LogTextAsync("tree", "models/old.txt");
        await other.FlushAsync();
        var old = Assert.Single(await Catalog.ListArtifactsAsync(other.Id));
        var digest = Digest.Of("rows"u8);
        await File.WriteAllTextAsync(Local["late.csv"], "1,2");
        await Run.StepAsync("featurize", async (step, ct) =>
        {
            step.AddInput("flights", digest, "2001-01").AddInput("weather").AddInput("flights", "sha256: of 2001-02").AddInput("flights", digest, "2001-01");
            await step.LogTextAsync("first", "features/a.txt", ct);
            await step.LogTextAsync("a", "features/a.txt", ct);
            await step.LogArtifactAsync(Local["late.csv"], "features/late.csv", cancellationToken: ct);
            step.AddOutput("table", "v3");
        });
        await Run.StepAsync("train", (step, _) => Task.FromResult(step.AddInput("features/a.txt").AddInput(old).AddInput(old).AddInput("table", "v2")));

        var steps = await StoredAsync();
        var artifacts = (await Catalog.ListArtifactsAsync(Run.Id)).ToDictionary(a => a.Path.Value, a => new StepData(a.Path.Value, null, a.Digest, a.Id));
        Assert.Equal([new StepData("flights", "2001-01", digest), new StepData("flights", "sha256: of 2001-02"), new StepData("weather")], steps[0].Inputs);
        Assert.Equal([artifacts["features/a.txt"], artifacts["features/late.csv"], new StepData("table", "v3")], steps[0].Outputs);
        Assert.Equal(
            [artifacts["features/a.txt"], new StepData("models/old.txt", null, old.Digest, old.Id), new StepData("table", "v2")], steps[1].Inputs);
        await Rig.AssertSoundAsync();
    }

    [Fact]
    public async Task Step_ended_takesNothingMore()
    {
        ActiveStep kept = null!;
        await Run.StepAsync("ingest", (step, _) => Task.FromResult(kept = step));
        var error = Assert.Throws<InvalidOperationException>(() => kept.AddInput("x"));
        Assert.Contains("'ingest'", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => kept.AddOutput("x"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => kept.LogTextAsync("t", "t.txt"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => kept.StepAsync("below", (_, _) => Task.CompletedTask));
    }

    [Theory]
    [InlineData("")]
    [InlineData("two\nlines")]
    public async Task StepAsync_nameNotAllowed_isRefusedBeforeTheBody(string name)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Run.StepAsync(name, (_, _) => throw new IOException("ran")));
        Assert.Empty(await StoredAsync());
    }

    [Fact]
    public async Task StepAsync_endedRun_isRefusedBeforeTheBody()
    {
        await Run.CompleteAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => Run.StepAsync("late", (_, _) => throw new IOException("ran")));
    }

    private async Task<IReadOnlyList<RunStep>> StoredAsync()
    {
        await Tracker.FlushAsync();
        return await Rig.Runs.ListStepsAsync(Run.Id);
    }

    private static Task Pass(FakeTimeProvider time, int seconds)
    {
        time.Advance(TimeSpan.FromSeconds(seconds));
        return Task.CompletedTask;
    }

    // the drainer waits by the clock that only the test moves
    private static async Task DrainAsync(ActiveRun run, FakeTimeProvider time)
    {
        var flushed = run.FlushAsync();
        while (!flushed.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Yield();
        }

        await flushed;
    }

    private static string Show(IEnumerable<RunStep> steps) => string.Join(
        ", ", steps.Select(s => $"{s.Name} {s.Duration?.TotalSeconds:0}" + (s.Children.Count > 0 ? $" ({Show(s.Children)})" : "")));
}

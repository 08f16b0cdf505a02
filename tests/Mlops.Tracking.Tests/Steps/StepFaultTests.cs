using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Steps;

/// <summary>Steps while the store is away, and steps whose end nobody saw.</summary>
public sealed class StepFaultTests
{
    [Fact]
    public async Task StepAsync_storeAway_arrivesWholeWhenItIsBack()
    {
        await using var rig = new Rig();
        rig.Store.IsAway = true;
        var tracker = rig.Open(o => o with { FlushBound = TimeSpan.FromMilliseconds(100) });
        var run = await tracker.StartRunAsync("offline");
        await run.StepAsync("train", async (step, ct) =>
        {
            await step.LogTextAsync("tree", "model.txt", ct);
            await step.StepAsync("fit", (_, _) => Task.CompletedTask, ct);
        });
        await run.CompleteAsync();
        Assert.Empty((await rig.Runs.QueryAsync(new RunQuery())).Runs);

        rig.Store.IsAway = false;
        await Rig.FlushUntilDrainedAsync(tracker);
        var step = Assert.Single(await rig.Runs.ListStepsAsync(run.Id));
        Assert.Equal((RunStatus.Finished, "model.txt", "fit"), (step.Status, step.Outputs.Single().Name, step.Children.Single().Name));
    }

    [Fact]
    public async Task ListStepsAsync_processKilledInAStep_readsNotCompletedAndStaysSoWhenTheRunGoesOn()
    {
        using var folder = new TemporaryFolder();
        RunId id;
        using (var child = ChildProcess.Start("step", folder["store"]))
        {
            id = RunId.Parse(await child.ReadLineAsync(), null);
            Assert.True(child.Kill(), "The child ended by itself.");
        }

        await using var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = folder["store"], LeaseTime = TimeSpan.FromSeconds(3) });
        await Rig.UntilAsync(async () => await mlops.Runs.FindAsync(id) is { Status: RunStatus.Failed });
        await AssertLeftAsync(mlops, id, hasEnd: false);

        await using var run = await mlops.ReopenRunAsync(id);
        await run.StepAsync("train", (_, _) => Task.CompletedTask);
        await run.FlushAsync();
        await AssertLeftAsync(mlops, id, hasEnd: true);
        var again = (await mlops.Runs.ListStepsAsync(id))[1];
        Assert.Equal((2, RunStatus.Finished), (again.Attempt, again.Status));
    }

    [Fact]
    public async Task ListStepsAsync_runGoesOn_readsAStepWithoutEndAsRunning()
    {
        await using var rig = new Rig();
        var run = await rig.Open().StartRunAsync("e");
        var step = await run.StepAsync("train", async (_, ct) =>
        {
            await run.FlushAsync(ct);
            return Assert.Single(await rig.Runs.ListStepsAsync(run.Id, ct));
        });
        Assert.Equal((RunStatus.Running, null, null, null), (step.Status, step.EndTime, step.Duration, step.EndReason));
    }

    [Fact]
    public async Task StepAsync_runDisposedInside_stillTellsItsEnd()
    {
        await using var rig = new Rig();
        var tracker = rig.Open();
        var run = await tracker.StartRunAsync("e");
        await run.StepAsync("train", async (_, _) => await run.DisposeAsync());
        await tracker.FlushAsync();
        Assert.Equal(RunStatus.Finished, Assert.Single(await rig.Runs.ListStepsAsync(run.Id)).Status);
    }

    [Fact]
    public async Task StepAsync_clientDisposedInside_returnsWhatTheBodySays()
    {
        await using var rig = new Rig();
        var tracker = rig.Open();
        var run = await tracker.StartRunAsync("e");
        Assert.Equal(5, await run.StepAsync("train", async (_, _) =>
        {
            await tracker.DisposeAsync();
            return 5;
        }));
        Assert.Equal("not_completed", Assert.Single(await rig.Runs.ListStepsAsync(run.Id)).EndReason);
    }

    [Fact]
    public async Task PurgeAsync_run_takesItsStepsWithIt()
    {
        await using var rig = new Rig();
        var tracker = rig.Open();
        var run = await tracker.StartRunAsync("e");
        await run.StepAsync("train", async (step, ct) =>
        {
            await step.LogTextAsync("tree", "model.txt", ct);
            await step.StepAsync("fit", (_, _) => Task.CompletedTask, ct);
        });
        await run.CompleteAsync();
        var step = Assert.Single(await rig.Runs.ListStepsAsync(run.Id));
        await new RunCatalog(tracker.Context).PurgeAsync(run.Id);
        foreach (var id in (StepId[])[step.Id, step.Children.Single().Id])
            Assert.True((await rig.Real.FindRecordAsync(id.Value))!.IsPurged);
        await Assert.ThrowsAsync<NotFoundException>(() => rig.Runs.ListStepsAsync(run.Id));
        await rig.AssertSoundAsync();
    }

    private static async Task AssertLeftAsync(MlopsClient mlops, RunId id, bool hasEnd)
    {
        var step = (await mlops.Runs.ListStepsAsync(id))[0];
        Assert.All([step, step.Children.Single()], s =>
        {
            Assert.Equal((RunStatus.Failed, "not_completed", 1), (s.Status, s.EndReason, s.Attempt));
            Assert.Equal(hasEnd, s.EndTime is not null);
        });
        Assert.Equal("half.txt", step.Outputs.Single().Name);
    }
}

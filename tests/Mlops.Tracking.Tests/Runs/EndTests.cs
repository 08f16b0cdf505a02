using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Runs;

public sealed class EndTests : RigTest
{
    [Fact]
    public async Task CompleteAsyncRunning_isFinishedAndDurable()
    {
        Run.LogMetric("m", 1, 1);
        var report = await Run.CompleteAsync();
        Assert.Equal((true, 0L, 0L, null), (report.IsDurable, report.Pending, report.DroppedPoints, report.Cause));
        var run = await StoredAsync();
        Assert.Equal((RunStatus.Finished, null, null), (run.Status, run.EndReason, run.Error));
        Assert.True(run.EndTime >= run.StartTime);
        Assert.Equal(1, run.Metrics["m"].Count);
    }

    [Fact]
    public async Task FailAsync_exception_isFailedWithItsText()
    {
        await Run.FailAsync(new InvalidOperationException("the oven is cold"));
        var run = await StoredAsync();
        Assert.Equal((RunStatus.Failed, "exception"), (run.Status, run.EndReason));
        Assert.Equal("System.InvalidOperationException: the oven is cold", run.Error);
    }

    [Fact]
    public async Task FailAsync_enormousException_isShortenedAndKept()
    {
        await Run.FailAsync(new InvalidOperationException(new string('x', 200_000)));
        var run = await StoredAsync();
        Assert.Equal(32_001, run.Error!.Length);
        Assert.EndsWith("x…", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailAsync_shortenedInsideASurrogatePair_isStillStored()
    {
        // 32,000 units would end between the halves of a pair
        var prefix = "System.InvalidOperationException: ".Length;
        await Run.FailAsync(new InvalidOperationException(new string('x', 32_000 - prefix - 1) + "𝄞𝄞"));
        var run = await StoredAsync();
        Assert.Equal((RunStatus.Failed, "exception"), (run.Status, run.EndReason));
        Assert.EndsWith("x…", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KillAsyncRunning_isKilled()
    {
        await Run.KillAsync();
        var run = await StoredAsync();
        Assert.Equal((RunStatus.Killed, "cancelled"), (run.Status, run.EndReason));
    }

    [Fact]
    public async Task DisposeAsync_notEnded_isFailedNotCompletedAndLogged()
    {
        await Run.DisposeAsync();
        await Run.DisposeAsync();
        var run = await StoredAsync();
        Assert.Equal((RunStatus.Failed, "not_completed"), (run.Status, run.EndReason));
        Assert.Contains(Run.Id.ToString(), Assert.Single(Rig.Log.Of(4005)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DisposeAsync_completed_staysFinished()
    {
        await Run.CompleteAsync();
        await Run.DisposeAsync();
        Assert.Equal(RunStatus.Finished, (await StoredAsync()).Status);
        Assert.Empty(Rig.Log.Of(4005));
    }

    [Fact]
    public async Task DisposeAsyncTrackerWithOpenRuns_endsThemAndLeavesNoJournal()
    {
        var other = await Tracker.StartRunAsync("flights");
        other.LogMetric("m", 3, 3);
        await Tracker.DisposeAsync();
        await Tracker.DisposeAsync();
        Assert.Equal("not_completed", (await StoredAsync()).EndReason);
        Assert.Equal("not_completed", (await Rig.Runs.GetAsync(other.Id)).EndReason);
        await Rig.AssertValuesAsync(other.Id, "m", 3.0);
        Assert.Empty(Directory.EnumerateDirectories(Rig.JournalPath));
        Assert.Empty(await Rig.Real.ListCellsAsync("lease/"));
    }

    [Fact]
    public async Task CompleteAsync_completedAlready_isFineAndKeepsTheFirstEnd()
    {
        await Run.CompleteAsync();
        var first = await StoredAsync();
        Assert.True((await Run.CompleteAsync()).IsDurable);
        Assert.Equal(first.EndTime, (await StoredAsync()).EndTime);
    }

    [Fact]
    public async Task FailAsync_completedAlready_isRefusedAndStaysFinished()
    {
        await Run.CompleteAsync();
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Run.FailAsync(new InvalidOperationException()));
        Assert.Contains("has ended as Finished", refused.Message, StringComparison.Ordinal);
        Assert.Equal(RunStatus.Finished, (await StoredAsync()).Status);
    }

    [Fact]
    public async Task CompleteAsync_manyAtOnce_endsOnce()
    {
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => Run.CompleteAsync())));
        await StoredAsync();
        var chain = await Rig.Real.ReadChainAsync(Run.Id.Value);
        Assert.Equal(["run.started", "run.ended"], chain.Select(e => e.Entry.Action));
    }

    [Fact]
    public async Task RunAsync_returns_isFinished()
    {
        ActiveRun inside = null!;
        await Tracker.RunAsync("flights", run =>
        {
            inside = run.LogMetric("m", 1);
            return Task.CompletedTask;
        });
        Assert.Equal(RunStatus.Finished, (await Rig.Runs.GetAsync(inside.Id)).Status);
        Assert.Throws<InvalidOperationException>(() => inside.LogMetric("m", 2));
    }

    [Fact]
    public async Task RunAsync_throws_isFailedAndTheExceptionComesOut()
    {
        ActiveRun inside = null!;
        var boom = new InvalidOperationException("boom");
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => Tracker.RunAsync("flights", run =>
        {
            inside = run;
            throw boom;
        }));
        Assert.Same(boom, thrown);
        var run = await Rig.Runs.GetAsync(inside.Id);
        Assert.Equal((RunStatus.Failed, "exception"), (run.Status, run.EndReason));
        Assert.StartsWith("System.InvalidOperationException: boom", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_cancelled_isKilled()
    {
        using var stop = new CancellationTokenSource();
        ActiveRun inside = null!;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Tracker.RunAsync(
            "flights",
            async (run, token) =>
            {
                inside = run;
                await stop.CancelAsync();
                token.ThrowIfCancellationRequested();
            },
            cancellationToken: stop.Token));
        Assert.Equal((RunStatus.Killed, "cancelled"), await StatusAsync(inside.Id));
    }

    [Fact]
    public async Task RunAsync_cancellationOfSomethingElse_isFailed()
    {
        ActiveRun inside = null!;
        await Assert.ThrowsAsync<OperationCanceledException>(() => Tracker.RunAsync("flights", run =>
        {
            inside = run;
            throw new OperationCanceledException("a timeout inside");
        }));
        Assert.Equal((RunStatus.Failed, "exception"), await StatusAsync(inside.Id));
    }

    [Fact]
    public async Task RunAsync_bodyEndsItItself_keepsThatEnd()
    {
        ActiveRun inside = null!;
        await Tracker.RunAsync("flights", async run =>
        {
            inside = run;
            await run.KillAsync();
        });
        Assert.Equal((RunStatus.Killed, "cancelled"), await StatusAsync(inside.Id));
    }

    [Fact]
    public async Task ReopenRunAsync_ended_goesOnAndEndsAgain()
    {
        Run.LogParam("a", 1).LogMetric("m", 1, 1);
        await Run.FailAsync(new InvalidOperationException("first"));
        await using var again = await Tracker.ReopenRunAsync(Run.Id);
        await again.FlushAsync();
        var running = await StoredAsync();
        Assert.Equal((RunStatus.Running, null, null, null), (running.Status, running.EndReason, running.Error, running.EndTime));
        Assert.Equal((Run.Name, "flights"), (again.Name, again.Experiment));
        again.LogParam("a", 1).LogParam("b", 2).LogMetric("m", 2, 2);
        Assert.Throws<ImmutableException>(() => again.LogParam("a", 5));
        await again.CompleteAsync();
        var ended = await StoredAsync();
        Assert.Equal(RunStatus.Finished, ended.Status);
        Assert.Equal(new SortedDictionary<string, string> { ["a"] = "1", ["b"] = "2" }, ended.Params);
        await Rig.AssertValuesAsync(Run.Id, "m", 1.0, 2.0);
    }

    [Fact]
    public async Task ReopenRunAsync_byAnotherClient_movesTheOwner()
    {
        await Run.CompleteAsync();
        var other = Rig.Open();
        var again = await other.ReopenRunAsync(Run.Id);
        await again.FlushAsync();
        Assert.Equal(other.Writer, (await StoredAsync()).Owner);
        await again.CompleteAsync();
        Assert.Equal(RunStatus.Finished, (await StoredAsync()).Status);
    }

    [Fact]
    public async Task ReopenRunAsyncRunning_isRefusedWithTheWayOut()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Tracker.ReopenRunAsync(Run.Id));
        Assert.Contains("JoinRunAsync", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JoinRunAsyncRunning_logsWithoutOwningIt()
    {
        await Run.FlushAsync();
        var helper = Rig.Open();
        var joined = await helper.JoinRunAsync(Run.Id);
        joined.LogMetric("helper", 1, 1).LogParam("h", "x");
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => joined.CompleteAsync());
        Assert.Contains("was joined", refused.Message, StringComparison.Ordinal);
        await joined.DisposeAsync();
        Assert.Throws<InvalidOperationException>(() => joined.LogMetric("helper", 2, 2));
        var run = await StoredAsync();
        Assert.Equal((RunStatus.Running, (RecordId?)Tracker.Writer, "x"), (run.Status, run.Owner, run.Params["h"]));
        await Rig.AssertValuesAsync(Run.Id, "helper", 1.0);
        await helper.DisposeAsync();
        Assert.Equal(RunStatus.Running, (await StoredAsync()).Status);
        Run.LogMetric("owner", 1);
        await Run.CompleteAsync();
        Assert.Equal(RunStatus.Finished, (await StoredAsync()).Status);
    }

    [Fact]
    public async Task JoinRunAsync_ended_isRefusedWithTheWayOut()
    {
        await Run.CompleteAsync();
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Rig.Open().JoinRunAsync(Run.Id));
        Assert.Contains("ReopenRunAsync", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JoinRunAsync_joinedAndDisposed_canBeJoinedAgain()
    {
        await Run.FlushAsync();
        var helper = Rig.Open();
        for (var i = 0; i < 3; i++)
        {
            await using var joined = await helper.JoinRunAsync(Run.Id);
            joined.LogMetric("helper", i, i);
        }

        await Rig.AssertValuesAsync(Run.Id, "helper", 0.0, 1.0, 2.0);
    }

    [Fact]
    public async Task JoinRunAsync_openInThisClient_isRefused()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Tracker.JoinRunAsync(Run.Id));
        Assert.Contains("open in this client already", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeleteAsync_open_hidesItAndRefusesLoggingUntilRestored()
    {
        Run.LogMetric("m", 1);
        await Catalog.DeleteAsync(Run.Id);
        var refused = Assert.Throws<InvalidOperationException>(() => Run.LogMetric("m", 2));
        Assert.Contains("RestoreAsync", refused.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => Run.LogParam("a", 1));
        Assert.Empty((await Rig.Runs.QueryAsync(new RunQuery())).Runs);
        Assert.Equal(LifecycleStage.Deleted, Assert.Single((await Rig.Runs.QueryAsync(new RunQuery { IncludeDeleted = true })).Runs).Stage);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Tracker.ReopenRunAsync(Run.Id));
        await Catalog.RestoreAsync(Run.Id);
        Assert.Equal(LifecycleStage.Active, Assert.Single((await Rig.Runs.QueryAsync(new RunQuery())).Runs).Stage);
        await Rig.AssertValuesAsync(Run.Id, "m", 1.0);
    }

    private async Task<(RunStatus Status, string? Reason)> StatusAsync(RunId id)
    {
        var run = await Rig.Runs.GetAsync(id);
        return (run.Status, run.EndReason);
    }

    private Task<Run> StoredAsync() => Rig.Runs.GetAsync(Run.Id);
}

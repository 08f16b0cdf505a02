using Microsoft.Extensions.Time.Testing;
using Mlops.Metadata;

namespace Mlops.Tracking.Tests.Watching;

public sealed class RunWatchTests : RigTest
{
    [Fact]
    public async Task Watch_twoRules_eachFindsOnceAndBothAreOnTheRun()
    {
        using var watch = Run.Watch(
            WatchRule.NotFinite("loss") with { Cancels = false },
            WatchRule.EarlyStopping("val_auc", patience: 2));
        List<string> told = [];
        watch.Found += f => told.Add($"{f.Rule} {watch.Token.IsCancellationRequested}");
        Run.LogMetric("val_auc", 0.8, 1).LogMetric("loss", double.NaN, 1).LogMetric("loss", double.NaN, 2);
        Assert.False(watch.Token.IsCancellationRequested);
        for (var step = 2; step < 6; step++)
            Run.LogMetric("val_auc", 0.7, step).LogMetric("other", double.NaN, step);
        Assert.True(watch.Token.IsCancellationRequested);
        Assert.Equal(["not_finite:loss False", "early_stopping:val_auc False"], told);
        Assert.Equal([1L, 3L], watch.Findings.Select(f => f.Step));
        Assert.Equal(2, Rig.Log.Of(4020).Count);
        await Run.CompleteAsync();

        var stored = await Rig.Runs.GetAsync(Run.Id);
        Assert.Equal(
            [("not_finite:loss", "The value is NaN.", 1L), ("early_stopping:val_auc", "No improvement on 0.8 at step 1 for 2 points.", 3L)],
            stored.WatchFindings.Select(f => (f.Rule, f.Reason, f.Step!.Value)));
        Assert.Equal(RunStatus.Finished, stored.Status);
        foreach (var filter in (RunQuery[])
            [
                new() { Filter = RunFilter.Watch("not_finite:loss").IsPresent() },
                new() { Filter = SearchLanguage.Runs.ParseFilter("watch.`early_stopping:val_auc` LIKE 'No improvement%'") },
            ])
            Assert.Equal(Run.Id, Assert.Single((await Rig.Runs.QueryAsync(filter with { Select = [] })).Runs).Id);
        Assert.Equal(2, (await Rig.Runs.QueryAsync(new RunQuery { Select = [] })).Runs.Single().WatchFindings.Count);
    }

    [Fact]
    public async Task Watch_stalled_isFoundOnTimeAndPutOffByPoints()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var rig = new Rig(time);
        var run = await rig.Open().StartRunAsync("slow");
        using var watch = run.Watch(WatchRule.Stalled(TimeSpan.FromMinutes(5)), WatchRule.Stalled(TimeSpan.FromMinutes(5), "val"));
        time.Advance(TimeSpan.FromMinutes(4));
        run.LogMetric("loss", 1);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("stalled:val", Assert.Single(watch.Findings).Rule);
        time.Advance(TimeSpan.FromMinutes(3.9));
        Assert.Single(watch.Findings);
        time.Advance(TimeSpan.FromMinutes(0.1));
        Assert.Equal(("stalled", "No point for 0:05:00.", null, time.GetUtcNow()), (watch.Findings[1].Rule, watch.Findings[1].Reason, watch.Findings[1].Step, watch.Findings[1].Time));
        Assert.True(watch.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task Watch_stalledBeforeTheTimerIsSet_isFoundAllTheSame()
    {
        await using var rig = new Rig(new LeapingClock());
        var run = await rig.Open().StartRunAsync("slow");
        using var watch = run.Watch(WatchRule.Stalled(TimeSpan.FromSeconds(1)));
        await Rig.UntilAsync(() => Task.FromResult(watch.Findings.Count > 0));
        Assert.Equal("No point for 0:00:01.", watch.Findings[0].Reason);
    }

    [Fact]
    public async Task Watch_runEndedOrWatchDisposed_findsNothingMore()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var rig = new Rig(time);
        var tracker = rig.Open(o => o with { FlushBound = TimeSpan.FromMilliseconds(1) });
        var run = await tracker.StartRunAsync("e");
        var disposed = run.Watch(WatchRule.Stalled(TimeSpan.FromMinutes(1)), WatchRule.NotFinite("loss"));
        disposed.Dispose();
        disposed.Dispose();
        run.LogMetric("loss", double.NaN);
        var watch = run.Watch(WatchRule.Stalled(TimeSpan.FromMinutes(1)));
        var completed = run.CompleteAsync();
        time.Advance(TimeSpan.FromMinutes(2));
        await completed;
        Assert.Empty(disposed.Findings);
        Assert.Empty(watch.Findings);
        Assert.False(watch.Token.IsCancellationRequested);
        var error = Assert.Throws<InvalidOperationException>(() => run.Watch(WatchRule.NotFinite("loss")));
        Assert.Contains("has ended", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_disposedRun_isRefusedAndItsWatchIsSilent()
    {
        var watch = Run.Watch(WatchRule.NotFinite("loss"));
        await Run.DisposeAsync();
        Assert.Throws<InvalidOperationException>(() => Run.LogMetric("loss", double.NaN));
        Assert.Throws<InvalidOperationException>(() => Run.Watch(WatchRule.NotFinite("loss")));
        Assert.Empty(watch.Findings);
        watch.Dispose();
    }

    [Fact]
    public async Task LogMetric_manyThreads_findsOnceAndTheTokenEndsThemAll()
    {
        using var watch = Run.Watch(WatchRule.OutOfRange("m", max: 1000, points: 2000), WatchRule.NotFinite("absent"));
        var found = 0;
        watch.Found += _ => Interlocked.Increment(ref found);
        var threads = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                var logged = 0;
                for (; !watch.Token.IsCancellationRequested; logged++)
                    Run.LogMetric("m", 5000, logged);
                return logged;
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToList();
        var logged = await Task.WhenAll(threads);
        Assert.True(logged.Sum() >= 2000);
        Assert.Equal((1, 1), (found, watch.Findings.Count));
        await Run.CompleteAsync();
        Assert.Equal(logged.Sum(), (await Rig.Runs.GetAsync(Run.Id)).Metrics["m"].Count);
        Assert.Single((await Rig.Runs.GetAsync(Run.Id)).WatchFindings);
    }

    [Fact]
    public void Watch_handlerThrows_isLoggedAndTheTokenIsCancelledAllTheSame()
    {
        using var watch = Run.Watch(WatchRule.NotFinite("loss"));
        watch.Found += _ => throw new IOException("no pager");
        Run.LogMetric("loss", double.NaN, 7);
        Assert.True(watch.Token.IsCancellationRequested);
        Assert.Contains("no pager", Assert.Single(Rig.Log.Of(4021)), StringComparison.Ordinal);
    }

    [Fact]
    public void Watch_metricWhoseNameSaysNothing_isRefusedUntilAGoalIsSaid()
    {
        var error = Assert.Throws<ArgumentException>(() => Run.Watch(WatchRule.EarlyStopping("x17", 1)));
        Assert.Contains("say goal: MetricGoal.Minimize", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Run.Watch(WatchRule.NotFinite("x17"), WatchRule.Diverges("x17")));
        using var watch = Run.Watch(WatchRule.NotFinite("x17"), WatchRule.EarlyStopping("x17", 1, goal: MetricGoal.Minimize));
        Run.LogMetric("x17", 2).LogMetric("x17", 1);
        Assert.Empty(watch.Findings);
    }

    [Fact]
    public async Task Watch_goalOfTheExperimentThatTheClientKnows_isItsGoal()
    {
        await Run.FlushAsync();
        await new ExperimentCatalog(Tracker.Context).SetGoalAsync("flights", "score17", MetricGoal.Minimize);
        using var watch = Run.Watch(WatchRule.EarlyStopping("score17", 1));
        Run.LogMetric("score17", 2).LogMetric("score17", 1);
        Assert.Empty(watch.Findings);
        await Run.CompleteAsync();

        var other = Rig.Open();
        await new ExperimentCatalog(other.Context).GetAsync("flights");
        await using var again = await other.ReopenRunAsync(Run.Id);
        using var second = again.Watch(WatchRule.EarlyStopping("score17", 1));
        again.LogMetric("score17", 0.5);
        Assert.Empty(second.Findings);
        await again.CompleteAsync();
    }

    [Fact]
    public void Watch_noRuleOrTwoOfOneName_isRefused()
    {
        Assert.Throws<ArgumentException>(() => Run.Watch());
        var error = Assert.Throws<ArgumentException>(() => Run.Watch(WatchRule.Diverges("m_loss"), WatchRule.Diverges("m_loss", factor: 10)));
        Assert.Contains("'diverges:m_loss'", error.Message, StringComparison.Ordinal);
        using var watch = Run.Watch(WatchRule.Diverges("m_loss"), WatchRule.Diverges("m_loss", factor: 10) with { Name = "explodes" });
        Assert.Empty(watch.Findings);
    }

    [Fact]
    public async Task Watch_storeAway_findingArrivesWhenItIsBack()
    {
        await using var rig = new Rig();
        rig.Store.IsAway = true;
        var tracker = rig.Open(o => o with { FlushBound = TimeSpan.FromMilliseconds(100) });
        var run = await tracker.StartRunAsync("offline");
        using (run.Watch(WatchRule.NotFinite("loss")))
            run.LogMetric("loss", double.NegativeInfinity, 3);
        await run.KillAsync();
        rig.Store.IsAway = false;
        await Rig.FlushUntilDrainedAsync(tracker);
        Assert.Equal(3, Assert.Single((await rig.Runs.GetAsync(run.Id)).WatchFindings).Step);
    }

    [Fact]
    public async Task Watch_reopenedRun_mustBeatTheBestOfBefore()
    {
        Run.LogMetric("loss", 0.2, 7).LogMetric("loss", 0.5, 8).LogMetric("val_auc", 0.9, 7);
        await Run.CompleteAsync();
        await using var again = await Tracker.ReopenRunAsync(Run.Id);
        using var watch = again.Watch(
            WatchRule.EarlyStopping("loss", patience: 2), WatchRule.Diverges("val_auc", factor: 1.5, points: 1), WatchRule.EarlyStopping("new", patience: 2, goal: MetricGoal.Maximize));
        again.LogMetric("loss", 0.4, 9).LogMetric("val_auc", 0.4, 9).LogMetric("new", 1, 9);
        again.LogMetric("loss", 0.3, 10).LogMetric("new", 0.5, 10);
        Assert.Equal(
            ["The value 0.4 is worse than the best, 0.9 at step 7, by more than the factor 1.5.", "No improvement on 0.2 at step 7 for 2 points."],
            watch.Findings.Select(f => f.Reason));
    }

    [Fact]
    public async Task Watch_pointsOfAnotherHandle_areNotSeen()
    {
        await Run.FlushAsync();
        await using var other = await Rig.Open().JoinRunAsync(Run.Id);
        using var watch = Run.Watch(WatchRule.NotFinite("loss"));
        other.LogMetric("loss", double.NaN, 1);
        Assert.Empty(watch.Findings);
    }

    [Fact]
    public async Task RunAsync_cancelledByAWatch_isKilledInItsStepToo()
    {
        ActiveRun? live = null;
        await Tracker.RunAsync("watched", async run =>
        {
            live = run;
            using var watch = run.Watch(WatchRule.EarlyStopping("loss", patience: 1));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.StepAsync(
                "train",
                async (_, ct) =>
                {
                    for (var i = 0; i < 100; i++)
                    {
                        ct.ThrowIfCancellationRequested();
                        run.LogMetric("loss", 1, i);
                        await Task.Yield();
                    }
                },
                watch.Token));
        });
        Assert.Equal(RunStatus.Killed, Assert.Single(await Rig.Runs.ListStepsAsync(live!.Id)).Status);
        Assert.Equal(2, (await Rig.Runs.GetAsync(live.Id)).Metrics["loss"].Count);
    }

    [Fact]
    public async Task RunAsync_cancellationByAWatchLeavesTheBody_isKilledWithTheReason()
    {
        ActiveRun? live = null;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Tracker.RunAsync("watched", (run, token) =>
        {
            live = run;
            var watch = run.Watch(WatchRule.EarlyStopping("loss", patience: 1));
            return run.StepAsync(
                "train",
                (_, _) =>
                {
                    run.LogMetric("loss", 1, 1).LogMetric("loss", 2, 2);
                    return Task.Delay(Timeout.InfiniteTimeSpan, watch.Token);
                },
                token);
        }));

        var stored = await Rig.Runs.GetAsync(live!.Id);
        var step = Assert.Single(await Rig.Runs.ListStepsAsync(live.Id));
        var why = "early_stopping:loss: No improvement on 1 at step 1 for 1 point.";
        Assert.Equal((RunStatus.Killed, RunEnd.Cancelled, why), (stored.Status, stored.EndReason, stored.Error));
        Assert.Equal((RunStatus.Killed, RunEnd.Cancelled, why), (step.Status, step.EndReason, step.Error));
    }

    [Fact]
    public async Task RunAsync_watchCancelledAndSomethingElseEndsTheBody_isWhatEndedIt()
    {
        ActiveRun? live = null;
        async Task<Run> EndAsync(Func<RunWatch, CancellationToken, Exception> end, CancellationToken token = default)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => Tracker.RunAsync(
                "watched",
                (run, ofBody) =>
                {
                    live = run;
                    using var watch = run.Watch(WatchRule.NotFinite("loss"));
                    run.LogMetric("loss", double.NaN);
                    throw end(watch, ofBody);
                },
                cancellationToken: token));
            return await Rig.Runs.GetAsync(live!.Id, CancellationToken.None);
        }

        var slow = await EndAsync((_, _) => new TaskCanceledException("The request took too long.", new TimeoutException()));
        Assert.Equal(RunStatus.Failed, slow.Status);
        var unsure = await EndAsync((_, _) => new OperationCanceledException("Something was cancelled."));
        Assert.Equal(RunStatus.Killed, unsure.Status);
        Assert.StartsWith("not_finite:loss: ", unsure.Error, StringComparison.Ordinal);
        Assert.Contains("Something was cancelled.", unsure.Error, StringComparison.Ordinal);
        var second = await EndAsync((watch, _) =>
        {
            using var other = live!.Watch(WatchRule.OutOfRange("loss", max: 1));
            live.LogMetric("loss", 2);
            return new OperationCanceledException(other.Token);
        });
        Assert.StartsWith("out_of_range:loss: ", second.Error, StringComparison.Ordinal);
        using var caller = new CancellationTokenSource();
        var killed = await EndAsync(
            (_, ofBody) =>
            {
                caller.Cancel();
                return new OperationCanceledException(ofBody);
            },
            caller.Token);
        Assert.Equal((RunStatus.Killed, null), (killed.Status, killed.Error));
    }

    [Fact]
    public async Task RunAsync_cancelledThoughNoWatchDid_isFailed()
    {
        ActiveRun? live = null;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Tracker.RunAsync("watched", (run, _) =>
        {
            live = run;
            using var watch = run.Watch(WatchRule.NotFinite("loss") with { Cancels = false });
            run.LogMetric("loss", double.NaN);
            throw new TaskCanceledException("The server did not answer.");
        }));
        Assert.Equal(RunStatus.Failed, (await Rig.Runs.GetAsync(live!.Id)).Status);
    }

    /// <summary>A clock on which a minute passes whenever somebody measures, as on a machine that was suspended just then.</summary>
    private sealed class LeapingClock : TimeProvider
    {
        private int _reads;

        public override long GetTimestamp() => base.GetTimestamp() + (Interlocked.Increment(ref _reads) * 60 * TimestampFrequency);
    }
}

using Microsoft.Extensions.Time.Testing;
using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Tracking.Tests.Draining;

/// <summary>Runs whose client vanished (S2), on a clock that the test turns.</summary>
public sealed class LostRunsTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private static readonly RecordId Vanished = new(4711);
    private static readonly RunId RunId = new(new RecordId(815));

    [Fact]
    public async Task Sweep_leaseAlive_leavesItRunning()
    {
        await using var rig = NewRig(out var time);
        await StartAsVanishedAsync(rig, lease: Lease);
        time.Advance(Lease - TimeSpan.FromMilliseconds(1));
        await SweepAsync(rig);
        Assert.Equal((RunStatus.Running, null), await StatusAsync(rig));
    }

    [Fact]
    public async Task Sweep_leaseOverAndLockFree_isLost()
    {
        await using var rig = NewRig(out var time);
        await StartAsVanishedAsync(rig, lease: Lease);
        using (WriterFolder.Create(rig.JournalPath, Vanished))
        {
            // it dies: its folder stays, its lock is free
        }

        time.Advance(Lease);
        await SweepAsync(rig);
        var run = await rig.Runs.GetAsync(RunId);
        Assert.Equal((RunStatus.Failed, "lost", time.GetUtcNow()), (run.Status, run.EndReason, run.EndTime!.Value));
        Assert.Contains(Vanished.ToString(), Assert.Single(rig.Log.Of(4011)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sweep_leaseOverButLockHeld_leavesItRunning()
    {
        await using var rig = NewRig(out var time);
        await StartAsVanishedAsync(rig, lease: Lease);
        using (WriterFolder.Create(rig.JournalPath, Vanished))
        {
            time.Advance(Lease * 10);
            await SweepAsync(rig);
            Assert.Equal((RunStatus.Running, null), await StatusAsync(rig));
        }

        await SweepAsync(rig);
        Assert.Equal((RunStatus.Failed, "lost"), await StatusAsync(rig));
    }

    [Fact]
    public async Task Sweep_leaseOverOnAnotherMachine_isLost()
    {
        await using var rig = NewRig(out var time);
        await StartAsVanishedAsync(rig, lease: Lease);
        using var held = WriterFolder.Create(rig.Folder["journal of the other machine"], Vanished);
        time.Advance(Lease);
        await SweepAsync(rig);
        Assert.Equal((RunStatus.Failed, "lost"), await StatusAsync(rig));
    }

    [Fact]
    public async Task Sweep_endedRuns_keepTheirEnd()
    {
        await using var rig = NewRig(out var time);
        await StartAsVanishedAsync(rig, lease: Lease);
        await CommitAsync(rig, [RunRecord.Ended(RunId, new RunEnd(RunStatus.Killed, time.GetUtcNow(), RunEnd.Cancelled))]);
        time.Advance(Lease * 2);
        await SweepAsync(rig);
        Assert.Equal((RunStatus.Killed, "cancelled"), await StatusAsync(rig));
    }

    [Fact]
    public async Task Sweep_thousandsOfRuns_findsTheLostAmongTheLiving()
    {
        await using var rig = NewRig(out var time);
        var ids = new IdGenerator(time);
        var living = rig.Open();
        var run = await living.StartRunAsync("lost");
        await run.FlushAsync();
        await CommitAsync(
            rig,
            [.. Enumerable.Range(0, 2500).Select(_ => RunRecord.Started(new RunId(ids.Next()), "lost", "r", time.GetUtcNow(), Vanished, null))]);
        await SweepAsync(rig);
        var lost = await rig.Runs.QueryAsync(new RunQuery { Filter = RunFilter.Status(RunStatus.Failed), Limit = 10_000 });
        Assert.Equal(2500, lost.Runs.Count);
        Assert.All(lost.Runs, r => Assert.Equal("lost", r.EndReason));
        Assert.Equal(RunStatus.Running, (await rig.Runs.GetAsync(run.Id)).Status);
    }

    [Fact]
    public async Task Timer_leaseOver_sweepsByItself()
    {
        await using var rig = NewRig(out var time);
        rig.Open(o => o with { LeaseTime = Lease });
        await StartAsVanishedAsync(rig, lease: Lease);
        time.Advance(Lease);
        await Rig.UntilAsync(async () => await StatusAsync(rig) == (RunStatus.Failed, "lost"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3600)]
    public async Task SignOfLife_clientWithOpenRun_isRenewedAndTakenBackWhenItCloses(int drainSeconds)
    {
        await using var rig = NewRig(out var time);
        var tracker = rig.Open(o => o with { LeaseTime = Lease, DrainInterval = TimeSpan.FromSeconds(drainSeconds) });
        var run = await tracker.StartRunAsync("living");
        await run.FlushAsync();
        var key = $"lease/writer/{tracker.Writer}";
        for (var i = 0; i < 10; i++)
        {
            time.Advance(Lease / 2);
            var due = time.GetUtcNow() + (Lease / 2);
            await Rig.UntilAsync(async () => await rig.Real.FindCellAsync(key) is { } cell && cell.Expires > due);
        }

        await run.CompleteAsync();
        time.Advance(Lease / 6);
        await Rig.UntilAsync(async () => await rig.Real.FindCellAsync(key) is null);
        Assert.Equal((RunStatus.Finished, null), await StatusAsync(rig, run.Id));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SignOfLife_objectsAway_isRenewedWhileTheirContentsWait(bool hangs)
    {
        await using var rig = NewRig(out var time);
        var back = new TaskCompletionSource();
        var objects = new GatedObjects(new FolderObjectStore(rig.Folder["objects"]), isFirst => back.Task.IsCompleted ? Task.CompletedTask
            : hangs && !isFirst ? back.Task : throw new StorageUnavailableException("The bucket is away."));
        var tracker = rig.Open(o => o with { LeaseTime = Lease, FlushBound = Rig.Patience }, content: new ContentStore(objects));
        var run = await tracker.StartRunAsync("waiting");
        await run.FlushAsync();
        await run.LogTextAsync("notes", "notes.md");
        List<Task<FlushReport>> flushed = [];
        var key = $"lease/writer/{tracker.Writer}";
        for (var i = 0; i < 3; i++)
        {
            time.Advance(Lease / 2);
            var due = time.GetUtcNow() + (Lease / 2);
            flushed.Add(tracker.FlushAsync());
            await Rig.UntilAsync(async () =>
            {
                // the pass may have begun to wait only after the clock was turned
                time.Advance(TimeSpan.FromSeconds(1));
                return await rig.Real.FindCellAsync(key) is { } cell && cell.Expires > due;
            });
        }

        Assert.DoesNotContain(flushed, f => f.IsCompleted);
        back.SetResult();
        Assert.All(await Task.WhenAll(flushed), report => Assert.True(report.IsDurable));
        Assert.Equal("notes.md", Assert.Single(await rig.Runs.ListArtifactsAsync(run.Id)).Path.Value);
    }

    [Fact]
    public async Task Owner_comesBackAfterItWasGivenUp_revokesLost()
    {
        await using var rig = NewRig(out var time);
        var owner = rig.Open(o => o with { LeaseTime = Lease, JournalPath = rig.Folder["journal of the other machine"] });
        var run = await owner.StartRunAsync("sleeper");
        run.LogMetric("m", 1, 1);
        await run.FlushAsync();

        rig.Store.IsAway = true;
        time.Advance(Lease * 3);
        run.LogMetric("m", 2, 2);
        await new LostRuns(rig.Real, rig.Runs, new RecordId(1), rig.Options, rig.Log).SweepAsync(CancellationToken.None);
        Assert.Equal((RunStatus.Failed, "lost"), await StatusAsync(rig, run.Id));

        rig.Store.IsAway = false;
        await Rig.FlushUntilDrainedAsync(owner);
        await UntilSweptAsync(time, async () => (await StatusAsync(rig, run.Id)).Status == RunStatus.Running);
        var back = await rig.Runs.GetAsync(run.Id);
        Assert.Equal((RunStatus.Running, null, null, (RecordId?)owner.Writer), (back.Status, back.EndReason, back.EndTime, back.Owner));
        await rig.AssertValuesAsync(run.Id, "m", 1.0, 2.0);
        await run.CompleteAsync();
        Assert.Equal((RunStatus.Finished, null), await StatusAsync(rig, run.Id));
    }

    [Fact]
    public async Task Owner_startsAnotherRunWhileTheStoreIsAwayLongerThanTheLease_losesNothing()
    {
        await using var rig = NewRig(out var time);
        var owner = rig.Open(o => o with { LeaseTime = Lease, JournalBoundBytes = 16 << 20 });
        var first = await owner.StartRunAsync("sleeper");
        await first.FlushAsync();
        rig.Store.IsAway = true;
        first.SetTag("store", "away");
        time.Advance(Lease * 3);
        var second = await owner.StartRunAsync("sleeper");
        await Rig.UntilAsync(() => Task.FromResult(rig.Log.Of(4002).Count > 0));
        for (var i = 0; second.DroppedPoints < 10; i++)
            second.LogMetric("m", i, i);

        // what is taken back and counted beside the journal must not come before the run that it is about
        rig.Store.IsAway = false;
        await Rig.FlushUntilDrainedAsync(owner);
        second.SetTag("store", "back");
        await Rig.FlushUntilDrainedAsync(owner);
        var stored = await rig.Runs.GetAsync(second.Id);
        Assert.Equal((RunStatus.Running, 10L, "back"), (stored.Status, stored.DroppedPoints, stored.Tags["store"]));
        var values = await rig.ValuesAsync(second.Id, "m");
        Assert.True(values.Length > 250_000, $"only {values.Length} points");
        Assert.Equal(Enumerable.Range(0, values.Length).Select(i => (double)i), values);
        Assert.Equal("away", (await rig.Runs.GetAsync(first.Id)).Tags["store"]);
        Assert.Empty(rig.Log.Of(4000).Concat(rig.Log.Of(4001)));
        await rig.AssertSoundAsync();
    }

    [Fact]
    public async Task Owner_comesBackAfterAnotherReopenedItsRun_leavesItToThem()
    {
        await using var rig = NewRig(out var time);
        var owner = rig.Open(o => o with { LeaseTime = Lease, JournalPath = rig.Folder["journal of the other machine"] });
        var run = await owner.StartRunAsync("sleeper");
        await run.FlushAsync();
        var given = await owner.StartRunAsync("sleeper");
        await given.FlushAsync();
        rig.Store.IsAway = true;
        time.Advance(Lease * 3);
        await new LostRuns(rig.Real, rig.Runs, new RecordId(1), rig.Options, rig.Log).SweepAsync(CancellationToken.None);
        var other = new RecordId(2);
        await rig.Real.CommitAsync(new Batch { Actor = "other", ClientTime = time.GetUtcNow(), Changes = [RunRecord.Resumed(run.Id, other)] });

        rig.Store.IsAway = false;
        await Rig.FlushUntilDrainedAsync(owner);
        await UntilSweptAsync(time, async () => (await StatusAsync(rig, given.Id)).Status == RunStatus.Running);
        Assert.Equal(other, (await rig.Runs.GetAsync(run.Id)).Owner);
    }

    private static Task UntilSweptAsync(FakeTimeProvider time, Func<Task<bool>> condition) => Rig.UntilAsync(async () =>
    {
        time.Advance(Lease / 2);
        return await condition();
    });

    [Fact]
    public async Task Owner_endsAfterItWasGivenUp_itsOwnEndWins()
    {
        await using var rig = NewRig(out var time);
        var owner = rig.Open(o => o with { LeaseTime = Lease, JournalPath = rig.Folder["journal of the other machine"], FlushBound = TimeSpan.FromMilliseconds(100) });
        var run = await owner.StartRunAsync("sleeper");
        await run.FlushAsync();
        rig.Store.IsAway = true;
        time.Advance(Lease * 3);
        Assert.False((await run.CompleteAsync()).IsDurable);
        await new LostRuns(rig.Real, rig.Runs, new RecordId(1), rig.Options, rig.Log).SweepAsync(CancellationToken.None);
        Assert.Equal((RunStatus.Failed, "lost"), await StatusAsync(rig, run.Id));
        rig.Store.IsAway = false;
        await Rig.FlushUntilDrainedAsync(owner);
        Assert.Equal((RunStatus.Finished, null), await StatusAsync(rig, run.Id));
    }

    [Fact]
    public async Task Recovery_deadOwnerCompletedBeforeItDied_itsEndWinsOverLost()
    {
        await using var rig = NewRig(out var time);
        var owner = rig.Open(o => o with { LeaseTime = Lease, FlushBound = TimeSpan.FromMilliseconds(100) });
        var run = await owner.StartRunAsync("died");
        await run.FlushAsync();
        rig.Store.IsAway = true;
        await run.CompleteAsync();
        await owner.DisposeAsync();
        rig.Store.IsAway = false;
        time.Advance(Lease * 3);
        await SweepAsync(rig);
        Assert.Equal((RunStatus.Failed, "lost"), await StatusAsync(rig, run.Id));
        await rig.RecoverAsync();
        Assert.Equal((RunStatus.Finished, null), await StatusAsync(rig, run.Id));
    }

    [Fact]
    public async Task Clock_goesBack_losesNothingAndKeepsTheOrder()
    {
        var time = new TurnableClock(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var rig = new Rig(time);
        var tracker = rig.Open(o => o with { DrainInterval = TimeSpan.FromMilliseconds(10) });
        List<ActiveRun> runs = [];
        for (var i = 0; i < 40; i++)
        {
            var run = await tracker.StartRunAsync("clock");
            run.LogMetric("m", i, i);
            runs[..].ForEach(r => r.LogMetric("m", i, i));
            runs.Add(run);
            await tracker.FlushAsync();
            time.Now += i % 2 == 0 ? TimeSpan.FromDays(-2) : TimeSpan.FromHours(5);
        }

        foreach (var run in runs)
            Assert.True((await run.CompleteAsync()).IsDurable);
        Assert.Empty(rig.Log.Of(4000).Concat(rig.Log.Of(4001)));
        for (var i = 0; i < runs.Count; i++)
            Assert.Equal(Enumerable.Range(i, runs.Count - i).Select(v => (double)v), await rig.ValuesAsync(runs[i].Id, "m"));
        Assert.Equal(runs.Select(r => r.Id.ToString()).Order(StringComparer.Ordinal), runs.Select(r => r.Id.ToString()));
        Assert.All((await rig.Runs.QueryAsync(new RunQuery())).Runs, r => Assert.Equal(RunStatus.Finished, r.Status));
        await rig.AssertSoundAsync();
    }

    private static Rig NewRig(out FakeTimeProvider time) =>
        new(time = new FakeTimeProvider(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero)));

    private static Task SweepAsync(Rig rig) =>
        new LostRuns(rig.Store, rig.Runs, new RecordId(1), rig.Options, rig.Log).SweepAsync(CancellationToken.None);

    private static Task<(RunStatus Status, string? Reason)> StatusAsync(Rig rig) => StatusAsync(rig, RunId);

    private static async Task<(RunStatus Status, string? Reason)> StatusAsync(Rig rig, RunId id)
    {
        var run = await rig.Runs.GetAsync(id);
        return (run.Status, run.EndReason);
    }

    private static async Task StartAsVanishedAsync(Rig rig, TimeSpan lease) => await rig.Real.CommitAsync(new Batch
    {
        Actor = "vanished",
        ClientTime = rig.Time.GetUtcNow(),
        Changes =
        [
            ExperimentRecord.Ensured(new ExperimentId(new RecordId(3)), "lost"),
            RunRecord.Started(RunId, "lost", "victim", rig.Time.GetUtcNow(), Vanished, null),
        ],
        Cells = [LostRuns.SignOfLife(Vanished, lease)],
    });

    private static async Task CommitAsync(Rig rig, IReadOnlyList<RecordChange> changes) =>
        await rig.Real.CommitAsync(new Batch { Actor = "tester", ClientTime = rig.Time.GetUtcNow(), Changes = changes });

    /// <summary>A clock that can be set back, with the system's timers.</summary>
    private sealed class TurnableClock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}

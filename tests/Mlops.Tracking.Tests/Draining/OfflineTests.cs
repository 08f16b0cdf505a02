using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Draining;

/// <summary>The store is away: training goes on, and nothing is lost.</summary>
public sealed class OfflineTests
{
    private static readonly Func<TrackingOptions, TrackingOptions> ShortBound = o => o with { FlushBound = TimeSpan.FromMilliseconds(100) };

    [Fact]
    public async Task WholeRun_storeAway_isJournaledAndArrivesInOrderWhenItIsBack()
    {
        await using var rig = new Rig();
        rig.Store.IsAway = true;
        var tracker = rig.Open(ShortBound);
        var run = await tracker.StartRunAsync("offline", new RunOptions { Tags = new Dictionary<string, string> { ["a"] = "b" } });
        run.LogParam("lr", 0.1);
        for (var i = 0; i < 10_000; i++)
            run.LogMetric("m", i, i);
        run.SetTag("a", "c");

        var report = await run.CompleteAsync();
        Assert.False(report.IsDurable);
        Assert.True(report.Pending > 10_000, $"{report.Pending} pending");
        Assert.Equal(0, report.DroppedPoints);
        Assert.Equal("The store is away.", Assert.IsType<StorageUnavailableException>(report.Cause).Message);
        Assert.NotEmpty(rig.Log.Of(4002));
        Assert.Empty((await rig.Runs.QueryAsync(new RunQuery())).Runs);

        rig.Store.IsAway = false;
        Assert.Null((await Rig.FlushUntilDrainedAsync(tracker)).Cause);
        var stored = await rig.Runs.GetAsync(run.Id);
        Assert.Equal((RunStatus.Finished, "0.1", "c", 0L), (stored.Status, stored.Params["lr"], stored.Tags["a"], stored.DroppedPoints));
        Assert.Equal(Enumerable.Range(0, 10_000).Select(i => (double)i), await rig.ValuesAsync(run.Id, "m"));
        Assert.Single(rig.Log.Of(4003));
        await rig.AssertSoundAsync();
    }

    [Fact]
    public async Task LogMetric_commitHangs_returnsAllTheSame()
    {
        await using var rig = new Rig();
        var open = new TaskCompletionSource();
        rig.Store.Gate = open.Task;
        var tracker = rig.Open();
        var run = await tracker.StartRunAsync("hanging");
        for (var i = 0; i < 300_000; i++)
            run.LogMetric("m", i, i).SetTag("last", i % 1000 == 0 ? "t" : "u");
        Assert.Empty(rig.Store.Committed);
        open.SetResult();
        Assert.True((await run.CompleteAsync()).IsDurable);
        Assert.Equal(300_000, (await rig.Runs.GetAsync(run.Id)).Metrics["m"].Count);
        Assert.Equal(0, run.DroppedPoints);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Log_lineFailsNowAndThenBeforeOrAfterTheCommit_everythingArrivesExactlyOnce(int seed)
    {
        await using var rig = new Rig();
        var random = new Random(seed);
        var tracker = rig.Open();
        var run = await tracker.StartRunAsync("flaky");
        var next = 0;
        for (var burst = 0; burst < 12; burst++)
        {
            if (random.Next(2) == 0)
                rig.Store.FailNext(random.Next(3));
            else
                rig.Store.LoseNext(random.Next(1, 3));
            for (var end = next + random.Next(1, 3000); next < end; next++)
                run.LogMetric("m", next, next);
            run.LogParam($"p{burst}", next);
            await Rig.FlushUntilDrainedAsync(tracker);
        }

        await run.CompleteAsync();
        Assert.Equal(Enumerable.Range(0, next).Select(i => (double)i), await rig.ValuesAsync(run.Id, "m"));
        var stored = await rig.Runs.GetAsync(run.Id);
        Assert.Equal(12, stored.Params.Count);
        Assert.Empty(stored.Conflicts);
        await rig.AssertSoundAsync();
    }

    [Fact]
    public async Task Log_everyAnswerIsLost_everythingArrivesExactlyOnce()
    {
        await using var rig = new Rig();
        var tracker = rig.Open();
        var run = await tracker.StartRunAsync("lost answers");
        rig.Store.LoseNext(3);
        for (var i = 0; i < 5_000; i++)
            run.LogMetric("m", i, i);
        await Rig.FlushUntilDrainedAsync(tracker);
        Assert.Equal(Enumerable.Range(0, 5_000).Select(i => (double)i), await rig.ValuesAsync(run.Id, "m"));
    }

    [Fact]
    public async Task DisposeAsync_storeAway_leavesTheJournalAndTheNextOpenDrainsIt()
    {
        await using var rig = new Rig();
        var tracker = rig.Open(ShortBound);
        var done = await tracker.StartRunAsync("offline");
        var open = await tracker.StartRunAsync("offline");
        await tracker.FlushAsync();
        rig.Store.IsAway = true;
        for (var i = 0; i < 5_000; i++)
            done.LogMetric("m", i, i);
        done.LogParam("after", true);
        await done.CompleteAsync();
        await tracker.DisposeAsync();
        Assert.Equal(tracker.Writer.ToString(), Path.GetFileName(Assert.Single(Directory.EnumerateDirectories(rig.JournalPath))));
        Assert.Contains(rig.Log.Of(4006), text => text.Contains(tracker.Writer.ToString(), StringComparison.Ordinal));

        rig.Store.IsAway = false;
        var recovery = Assert.Single(await rig.Open().RecoverAsync());
        Assert.Equal(new JournalRecovery(tracker.Writer, 5_000, 0, 0, 0, 0), recovery);
        Assert.Equal(Enumerable.Range(0, 5_000).Select(i => (double)i), await rig.ValuesAsync(done.Id, "m"));
        var stored = await rig.Runs.GetAsync(done.Id);
        Assert.Equal((RunStatus.Finished, "true", null), (stored.Status, stored.Params["after"], stored.JournalDamage));
        Assert.Equal("not_completed", (await rig.Runs.GetAsync(open.Id)).EndReason);
        Assert.False(Directory.Exists(Path.Combine(rig.JournalPath, tracker.Writer.ToString())));
        await rig.AssertSoundAsync();
    }

    [Fact]
    public async Task DisposeAsync_storeAwayAndNoFileForAllOfIt_writesTheMemoryOutForTheNextOpen()
    {
        await using var rig = new Rig();
        var (tracker, run) = await LogIntoMemoryAsync(rig);
        run.LogParam("after", true);
        Assert.False((await run.CompleteAsync()).IsDurable);
        await tracker.DisposeAsync();

        rig.Store.IsAway = false;
        var recovery = Assert.Single(await rig.Open().RecoverAsync());
        Assert.Equal(new JournalRecovery(tracker.Writer, 100_000, 0, 0, 0, 0), recovery);
        var stored = await rig.Runs.GetAsync(run.Id);
        Assert.Equal((RunStatus.Finished, "true", null), (stored.Status, stored.Params["after"], stored.JournalDamage));
        Assert.Equal(Enumerable.Range(0, 100_000).Select(i => (double)i), await rig.ValuesAsync(run.Id, "m"));
        Assert.Empty(rig.Log.Of(4022));
    }

    [Fact]
    public async Task DisposeAsync_memoryCannotBeWrittenOut_isTold()
    {
        await using var rig = new Rig();
        var (tracker, run) = await LogIntoMemoryAsync(rig);
        Directory.Delete(Path.Combine(rig.JournalPath, tracker.Writer.ToString()), recursive: true);
        await tracker.DisposeAsync();
        Assert.Single(rig.Log.Of(4022));
    }

    [Fact]
    public async Task RecoverAsync_storeAwayAtFirst_movesTheJournalsWithTheNextCall()
    {
        await using var rig = new Rig();
        rig.Store.IsAway = true;
        var dead = rig.Open(ShortBound);
        var run = await dead.StartRunAsync("offline");
        await dead.DisposeAsync();

        // the sweeps that come by themselves are far away
        var next = rig.Open(o => ShortBound(o) with { LeaseTime = TimeSpan.FromDays(1) });
        Assert.Empty(await next.RecoverAsync());
        rig.Store.IsAway = false;
        Assert.Equal(dead.Writer, Assert.Single(await next.RecoverAsync()).Writer);
        Assert.Equal(dead.Writer, Assert.Single(await next.RecoverAsync()).Writer);
        Assert.Equal("not_completed", (await rig.Runs.GetAsync(run.Id)).EndReason);
    }

    [Fact]
    public async Task DisposeAsync_storeAwayAndManyRunsOpen_waitsTheBoundOnce()
    {
        await using var rig = new Rig();
        rig.Store.IsAway = true;
        var tracker = rig.Open(ShortBound);
        for (var i = 0; i < 20; i++)
            await tracker.StartRunAsync("offline");
        await tracker.DisposeAsync();
        Assert.Single(rig.Log.Of(4006));
        rig.Store.IsAway = false;
        await rig.Open().RecoverAsync();
        var runs = (await rig.Runs.QueryAsync(new RunQuery())).Runs;
        Assert.Equal(20, runs.Count);
        Assert.All(runs, r => Assert.Equal("not_completed", r.EndReason));
    }

    [Fact]
    public async Task Journal_fullWhileTheStoreIsAway_dropsAndCountsPointsButNoParameterAndNoEnd()
    {
        const int Logged = 1_000_000;
        await using var rig = new Rig();
        var tracker = rig.Open(o => ShortBound(o) with { JournalBoundBytes = 16 << 20 });
        var run = await tracker.StartRunAsync("full");
        var quiet = await tracker.StartRunAsync("full");
        await tracker.FlushAsync();
        rig.Store.IsAway = true;
        run.SetTag("now", "away");
        await UntilFailedAsync(tracker);
        for (var i = 0; i < Logged; i++)
            run.LogMetric("m", i, i);
        for (var i = 0; i < 100; i++)
            run.LogParam($"p{i}", i);
        var report = await run.CompleteAsync();
        Assert.False(report.IsDurable);
        Assert.True(run.DroppedPoints > 0);
        Assert.Equal(run.DroppedPoints, report.DroppedPoints);

        rig.Store.IsAway = false;
        Assert.False((await Rig.FlushUntilDrainedAsync(tracker)).IsDurable);
        quiet.LogMetric("m", 1);
        await Rig.FlushUntilDrainedAsync(tracker);
        var values = await rig.ValuesAsync(run.Id, "m");
        Assert.Equal(Logged, values.Length + run.DroppedPoints);
        Assert.True(values.Length > 250_000, $"only {values.Length} were kept");
        Assert.Equal(values.Distinct().Order(), values);
        var stored = await rig.Runs.GetAsync(run.Id);
        Assert.Equal((RunStatus.Finished, run.DroppedPoints, 100), (stored.Status, stored.DroppedPoints, stored.Params.Count));
        Assert.Equal(0, (await rig.Runs.GetAsync(quiet.Id)).DroppedPoints);
        Assert.NotEmpty(rig.Log.Of(4010));
        await tracker.DisposeAsync();
        Assert.Equal(stored.DroppedPoints, (await rig.Runs.GetAsync(run.Id)).DroppedPoints);
        await rig.AssertSoundAsync();
    }

    [Fact]
    public async Task DroppedPoints_runGoesOnInAnotherClient_areKeptForEver()
    {
        await using var rig = new Rig();
        var run = await rig.Open().StartRunAsync("full");
        await run.CompleteAsync();
        await CommitAsync(rig, RunRecord.PointsDropped(run.Id, new RecordId(8), 5));
        rig.Store.IsAway = true;
        var tracker = rig.Open(o => ShortBound(o) with { JournalBoundBytes = 16 << 20 });
        Assert.NotNull((await FailedFlushAsync(tracker)).Cause);
        rig.Store.IsAway = false;
        var again = await tracker.ReopenRunAsync(run.Id);
        await Rig.FlushUntilDrainedAsync(tracker);
        rig.Store.IsAway = true;
        again.SetTag("now", "away");
        await UntilFailedAsync(tracker);
        while (again.DroppedPoints < 7)
            again.LogMetric("m", 1);
        rig.Store.IsAway = false;
        await Rig.FlushUntilDrainedAsync(tracker);
        again.SetTag("now", "back");
        await Rig.FlushUntilDrainedAsync(tracker);
        Assert.Equal(5 + 7, (await rig.Runs.GetAsync(run.Id)).DroppedPoints);

        // and what is dropped by another handle of the same client joins them, though that one is let go of before the store is back
        await again.CompleteAsync();
        await again.DisposeAsync();
        var third = await tracker.ReopenRunAsync(run.Id);
        await Rig.FlushUntilDrainedAsync(tracker);
        rig.Store.IsAway = true;
        third.SetTag("now", "away");
        await UntilFailedAsync(tracker);
        while (third.DroppedPoints < 7 + 3)
            third.LogMetric("m", 1);
        await third.DisposeAsync();
        rig.Store.IsAway = false;
        Assert.Equal(10, (await Rig.FlushUntilDrainedAsync(tracker)).DroppedPoints);
        Assert.Equal(5 + 10, (await rig.Runs.GetAsync(run.Id)).DroppedPoints);
    }

    [Fact]
    public async Task Drain_moreAtOnceThanTheStoreTakesInTime_sendsLess()
    {
        await using var rig = new Rig();
        rig.Store.IsAway = true;
        rig.Store.IsTooMuch = batch => batch.Appends.Sum(a => a.Points.Count) > 1000;
        var tracker = rig.Open(ShortBound);
        var run = await tracker.StartRunAsync("slow");
        for (var i = 0; i < 10_000; i++)
            run.LogMetric("m", i, i);
        rig.Store.IsAway = false;
        Assert.True((await Rig.FlushUntilDrainedAsync(tracker)).IsDurable);
        Assert.Equal(Enumerable.Range(0, 10_000).Select(i => (double)i), await rig.ValuesAsync(run.Id, "m"));
    }

    [Fact]
    public async Task Drain_runPurgedUnderTheTracker_goesOnWithTheOthers()
    {
        await using var rig = new Rig();
        var tracker = rig.Open();
        var purged = await tracker.StartRunAsync("purge");
        var other = await tracker.StartRunAsync("purge");
        purged.LogMetric("m", 1);
        await tracker.FlushAsync();
        await CommitAsync(rig, new RecordChange { Id = purged.Id.Value, Kind = RunRecord.Kind, Mode = ChangeMode.Update, Action = "run.purged", Purge = true });
        for (var i = 0; i < 1000; i++)
        {
            purged.LogMetric("m", i, i).SetTag("i", $"{i}");
            other.LogMetric("m", i, i).SetTag("i", $"{i}");
        }

        await purged.CompleteAsync();
        var report = await other.CompleteAsync();

        // a thousand points, and tags and the end in as many changes as the passes made of them
        Assert.Equal((false, 0L, null), (report.IsDurable, report.Pending, report.Cause));
        Assert.InRange(report.Refused, 1000, 2001);
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (double)i), await rig.ValuesAsync(other.Id, "m"));
        var stored = await rig.Runs.GetAsync(other.Id);
        Assert.Equal((RunStatus.Finished, "999"), (stored.Status, stored.Tags["i"]));
        Assert.True((await rig.Real.FindRecordAsync(purged.Id.Value))!.IsPurged);
        Assert.Single(rig.Log.Of(4001));
        Assert.Empty(rig.Log.Of(4000));
        await rig.AssertSoundAsync();
    }

    [Fact]
    public async Task Drain_idIsTakenByAnotherRecord_leavesItOutAndGoesOn()
    {
        await using var rig = new Rig();
        rig.Store.IsAway = true;
        var tracker = rig.Open(ShortBound);
        var before = await tracker.StartRunAsync("poison");
        var poison = await tracker.StartRunAsync("poison");
        var after = await tracker.StartRunAsync("poison");
        foreach (var run in (ActiveRun[])[before, poison, after])
        {
            for (var i = 0; i < 100; i++)
                run.LogMetric("m", i, i);
        }

        await CommitAsync(rig, new RecordChange { Id = poison.Id.Value, Kind = "thing", Mode = ChangeMode.Create, Action = "thing.made" });
        rig.Store.IsAway = false;
        await Rig.FlushUntilDrainedAsync(tracker);
        foreach (var run in (ActiveRun[])[before, after])
        {
            await run.CompleteAsync();
            var report = await Rig.FlushUntilDrainedAsync(tracker);
            Assert.Equal((false, null), (report.IsDurable, report.Cause));
            Assert.True(report.Refused > 0);
            Assert.Equal(RunStatus.Finished, (await rig.Runs.GetAsync(run.Id)).Status);
            Assert.Equal(Enumerable.Range(0, 100).Select(i => (double)i), await rig.ValuesAsync(run.Id, "m"));
        }

        Assert.Equal("thing", (await rig.Real.FindRecordAsync(poison.Id.Value))!.Kind);
        Assert.NotEmpty(rig.Log.Of(4000));
        await rig.AssertSoundAsync();
    }

    /// <summary>Logs 100,000 points while the store is away, of which the most find no file.</summary>
    private static async Task<(RunTracker Tracker, ActiveRun Run)> LogIntoMemoryAsync(Rig rig)
    {
        rig.Store.IsAway = true;
        var tracker = rig.Open(ShortBound, Rig.OnlyOneFile());
        var run = await tracker.StartRunAsync("offline");
        for (var i = 0; i < 100_000; i++)
            run.LogMetric("m", i, i);
        return (tracker, run);
    }

    private static async Task<FlushReport> FailedFlushAsync(RunTracker tracker)
    {
        var run = await tracker.StartRunAsync("other");
        return await run.CompleteAsync();
    }

    /// <summary>A busy machine may not have tried within the bound of one flush.</summary>
    private static Task UntilFailedAsync(RunTracker tracker) => Rig.UntilAsync(async () => (await tracker.FlushAsync()).Cause is not null);

    private static async Task CommitAsync(Rig rig, RecordChange change) =>
        await rig.Real.CommitAsync(new Batch { Actor = "tester", ClientTime = DateTimeOffset.UnixEpoch, Changes = [change] });
}

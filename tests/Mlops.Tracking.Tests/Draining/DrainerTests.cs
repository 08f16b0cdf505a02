namespace Mlops.Tracking.Tests.Draining;

public sealed class DrainerTests
{
    [Fact]
    public async Task LogMetric_whileOthersFlush_arrivesWithoutAFlushOfItsOwn()
    {
        await using var rig = new Rig();

        // no sign of life comes to the rescue
        var tracker = rig.Open(o => o with { LeaseTime = TimeSpan.FromDays(1) });
        var run = await tracker.StartRunAsync("crowd");
        for (var round = 0; round < 50; round++)
        {
            var flushing = Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
            {
                run.LogMetric("m", i, round);
                await tracker.FlushAsync();
            })).ToList();
            run.LogMetric("m", 4, round);
            await Task.WhenAll(flushing);
            run.LogMetric("m", 5, round);
            await Rig.UntilAsync(() => Task.FromResult(tracker.Status.PendingSlots == 0));
        }

        Assert.Equal(300, (await rig.ValuesAsync(run.Id, "m")).Length);
    }
}

using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Journal;

public sealed class DrainPassTests
{
    private static readonly RunId Other = new(new RecordId(99));

    [Fact]
    public async Task ToBatch_thousandLogsOfOneRun_isOneChangeInOrder()
    {
        await using var rig = new JournalRig();
        for (var i = 0; i < 1000; i++)
            rig.Journal.WriteBatch(JournalRig.BatchOf(RunRecord.Logged(JournalRig.Run, [RunRecord.Param($"p{i}", $"{i}", i)])));
        List<Batch> batches = [];
        rig.Read(batches.Add);
        var change = Assert.Single(Assert.Single(batches).Changes);
        Assert.Equal((JournalRig.Run.Value, "run.logged", ChangeMode.Update), (change.Id, change.Action, change.Mode));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddDays(20_000), change.ClientTime);
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => ($"params.p{i}", $"{i}")), change.Fields.Select(f => (f.Name, f.Values[0].AsText)));
    }

    [Fact]
    public async Task ToBatch_otherRunOrActionBetween_keepsTheOrder()
    {
        await using var rig = new JournalRig();
        RecordChange[] logged =
        [
            RunRecord.Logged(JournalRig.Run, [RunRecord.Tag("a", "1")]),
            RunRecord.Logged(JournalRig.Run, [RunRecord.Tag("a", "2")]),
            RunRecord.Logged(Other, [RunRecord.Tag("a", "3")]),
            RunRecord.Logged(JournalRig.Run, [RunRecord.Tag("a", "4")]),
            RunRecord.Ended(JournalRig.Run, new RunEnd(RunStatus.Finished, DateTimeOffset.UnixEpoch)),
            RunRecord.Logged(JournalRig.Run, [RunRecord.Tag("a", "5")]),
        ];
        foreach (var change in logged)
            rig.Journal.WriteBatch(JournalRig.BatchOf(change));
        List<Batch> batches = [];
        rig.Read(batches.Add);
        Assert.Equal(
            [
                (JournalRig.Run.Value, "run.logged", "1,2"),
                (Other.Value, "run.logged", "3"),
                (JournalRig.Run.Value, "run.logged", "4"),
                (JournalRig.Run.Value, "run.ended", "FINISHED"),
                (JournalRig.Run.Value, "run.logged", "5"),
            ],
            Assert.Single(batches).Changes.Select(c => (
                c.Id,
                c.Action,
                string.Join(',', c.Fields.Where(f => f.Values is [{ Type: FieldType.Text }]).Select(f => f.Values[0].AsText)))));
    }

    [Fact]
    public async Task Read_slotGivenOutButNotWritten_stopsThereAndLaterReadsOn()
    {
        await using var rig = new JournalRig();
        var key = rig.Journal.NewKey(JournalRig.Run.Value, "m", RunRecord.MetricSeries("m"));
        rig.Journal.WritePoint(key, 0, 0, 10);
        var segment = rig.Journal.Oldest;
        Assert.True(segment.TryReserve(1, out var slow));
        rig.Journal.WritePoint(key, 2, 0, 30);

        var pass = new DrainPass();
        var index = pass.Read(segment, 0, segment.Reserved, int.MaxValue, recovering: false);
        Assert.Equal((slow, 1), (index, pass.Points));
        Assert.True(Slot.TryPack(1, 0, out var packed));
        segment.Write(slow, key.Number, packed, BitConverter.DoubleToInt64Bits(20));
        pass.Clear();
        Assert.Equal(segment.Reserved, pass.Read(segment, index, segment.Reserved, int.MaxValue, recovering: false));
        Assert.Equal([20.0, 30.0], pass.ToBatch(null, "a", default).Appends.Single().Points.Numbers.ToArray());
    }

    [Fact]
    public async Task Read_recoveringOverAHole_takesWhatStandsBehindAndCountsIt()
    {
        await using var rig = new JournalRig();
        var key = rig.Journal.NewKey(JournalRig.Run.Value, "m", RunRecord.MetricSeries("m"));
        rig.Journal.WritePoint(key, 0, 0, 10);
        var segment = rig.Journal.Oldest;
        Assert.True(segment.TryReserve(3, out _));
        rig.Journal.WritePoint(key, 1, 0, 20);
        Assert.True(segment.TryReserve(5, out _));

        var pass = new DrainPass();
        Assert.Equal(segment.Count, pass.Read(segment, 0, segment.Count, int.MaxValue, recovering: true));
        Assert.Equal((2, 3L, 0L), (pass.Points, pass.Holes, pass.Damaged));
        Assert.Equal([10.0, 20.0], pass.ToBatch(null, "a", default).Appends.Single().Points.Numbers.ToArray());
    }

    [Fact]
    public async Task Read_pointWhoseDefinitionIsGone_isRejectedAndCounted()
    {
        await using var rig = new JournalRig();
        rig.Journal.WritePoint(rig.Journal.NewKey(JournalRig.Run.Value, "m", RunRecord.MetricSeries("m")), 0, 0, 10);
        var segment = rig.Journal.Oldest;
        var pass = new DrainPass();
        Assert.Equal(segment.Reserved, pass.Read(segment, segment.Reserved - 1, segment.Reserved, int.MaxValue, recovering: true));
        Assert.Equal((0, 1L), (pass.Points, pass.Rejected));
    }

    [Fact]
    public async Task GiveUpOn_run_passesOverItsPointsAndChangesOnly()
    {
        await using var rig = new JournalRig();
        var mine = rig.Journal.NewKey(JournalRig.Run.Value, "m", RunRecord.MetricSeries("m"));
        var others = rig.Journal.NewKey(Other.Value, "m", RunRecord.MetricSeries("m"));
        rig.Journal.WritePoint(mine, 0, 0, 1);
        rig.Journal.WritePoint(others, 0, 0, 2);
        rig.Journal.WriteBatch(JournalRig.BatchOf(RunRecord.Logged(JournalRig.Run, [RunRecord.Tag("a", "1")])));
        rig.Journal.WriteBatch(JournalRig.BatchOf(RunRecord.Logged(Other, [RunRecord.Tag("a", "2")])));
        var pass = new DrainPass();
        pass.GiveUpOn(JournalRig.Run.Value);
        pass.Read(rig.Journal.Oldest, 0, rig.Journal.Oldest.Reserved, int.MaxValue, recovering: false);
        var batch = pass.ToBatch(null, "a", default);
        Assert.Equal(Other.Value, Assert.Single(batch.Appends).Owner);
        Assert.Equal(Other.Value, Assert.Single(batch.Changes).Id);
        Assert.Equal(2, pass.Rejected);
    }
}

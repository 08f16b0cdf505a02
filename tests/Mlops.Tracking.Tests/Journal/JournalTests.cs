using CsCheck;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Journal;

public sealed class JournalTests
{
    [Fact]
    public async Task WriteBatch_anySizeUpToTheLargest_isReadBackByteForByte()
    {
        await using var rig = new JournalRig();
        var overhead = BatchCodec.Encode(BatchOfBody(0, 1)).Length;

        // sizes around the ends of slots, and some of every order up to the largest; the actions differ, so none merge
        var sizes = Enumerable.Range(1, 120)
            .Concat(new[] { 4_000, 61_000, 65_536, 300_000, Mlops.Tracking.Journal.MaxPayloadBytes - overhead - 8 })
            .ToList();
        await Task.Run(() => Gen.Int[0, sizes.Count - 1].Array[30].Sample(
            picks =>
            {
                foreach (var pick in picks)
                    Assert.True(rig.Journal.WriteBatch(BatchOfBody(pick, sizes[pick])));
            },
            iter: 3,
            threads: 1));
        for (var i = 0; i < sizes.Count; i++)
            Assert.True(rig.Journal.WriteBatch(BatchOfBody(i, sizes[i])));

        List<RecordChange> changes = [];
        rig.Read(batch => changes.AddRange(batch.Changes));
        Assert.Equal(90 + sizes.Count, changes.Count);
        Assert.All(changes, change =>
        {
            var pick = (int)change.Id.Value - 1;
            Assert.True(change.Body!.Value.Span.SequenceEqual(Body(pick, sizes[pick])), $"size {sizes[pick]}");
        });
        Assert.Equal(Enumerable.Range(0, sizes.Count), changes.TakeLast(sizes.Count).Select(c => (int)c.Id.Value - 1));
    }

    [Fact]
    public async Task WriteBatch_largerThanAFrame_isRefusedByName()
    {
        await using var rig = new JournalRig();
        var before = rig.Journal.Position;
        var refused = Assert.Throws<ArgumentException>(
            () => rig.Journal.WriteBatch(BatchOfBody(0, Mlops.Tracking.Journal.MaxPayloadBytes)));
        Assert.Contains("at most 524288", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, rig.Journal.Position);
    }

    [Fact]
    public async Task WritePoint_anyStepAndTime_isReadBack()
    {
        await using var rig = new JournalRig();
        var key = rig.Journal.NewKey(JournalRig.Run.Value, "m", RunRecord.MetricSeries("m"));
        var ends = new[] { long.MinValue, -1L << 36, -1L << 35, -1L << 27, -1, 0, 1, 1L << 27, 1L << 35, long.MaxValue };
        var random = new Random(24);
        var points = Enumerable.Range(0, 100_000)
            .Select(i => (Step: random.NextInt64() >> random.Next(64), Time: -random.NextInt64() >> random.Next(64), Value: (double)i))
            .Concat(ends.SelectMany(step => ends.Select(time => (Step: step - 1, Time: time + 1, Value: 0.5))))
            .ToList();
        foreach (var (step, time, value) in points)
            Assert.True(rig.Journal.WritePoint(key, step, time, value));

        List<(long, long, double)> read = [];
        rig.Read(batch =>
        {
            var columns = Assert.Single(batch.Appends).Points;
            for (var i = 0; i < columns.Count; i++)
                read.Add((columns.Steps.Span[i], columns.Times.Span[i], columns.Numbers.Span[i]));
        });
        Assert.Equal(points, read);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task WritePoint_overManySegmentsAndThreads_isReadBackInOrderPerThread(int threads)
    {
        const int Each = 200_000;
        await using var rig = new JournalRig();
        var workers = Enumerable.Range(0, threads).Select(t => new Thread(() =>
        {
            var key = rig.Journal.NewKey(JournalRig.Run.Value, $"m{t}", RunRecord.MetricSeries($"m{t}"));
            for (var i = 0; i < Each; i++)
                Assert.True(rig.Journal.WritePoint(key, i, 5, i * 0.5));
        })).ToList();
        workers.ForEach(w => w.Start());
        workers.ForEach(w => w.Join());

        var next = new int[threads];
        rig.Read(
            batch =>
            {
                foreach (var append in batch.Appends)
                {
                    Assert.Equal(JournalRig.Run.Value, append.Owner);
                    var thread = append.Name[^1] - '0';
                    for (var i = 0; i < append.Points.Count; i++, next[thread]++)
                        Assert.Equal((next[thread], 5L, next[thread] * 0.5), (append.Points.Steps.Span[i], append.Points.Times.Span[i], append.Points.Numbers.Span[i]));
                }
            },
            mostUnits: 10_000);
        Assert.All(next, n => Assert.Equal(Each, n));
        Assert.True(rig.Journal.Oldest.Next?.Next is not null, "the test crossed too few segments");
    }

    [Fact]
    public async Task WritePoint_fullAndStalled_isDroppedButBatchesAreNot()
    {
        await using var rig = new JournalRig(bound: 16 << 20);
        var key = rig.Journal.NewKey(JournalRig.Run.Value, "m", RunRecord.MetricSeries("m"));
        rig.Journal.Stalled = true;
        var taken = 0;
        while (rig.Journal.WritePoint(key, taken, 0, taken))
            taken++;
        Assert.True(taken > 250_000, $"only {taken} points fitted");
        Assert.False(rig.Journal.WritePoint(key, 0, 0, 0));
        Assert.True(rig.Journal.WriteBatch(BatchOfBody(3, 1000)));
        Assert.False(rig.Journal.WritePoint(key, taken, 0, taken), "points must not use up what is kept for batches");
        Assert.True(rig.Journal.WriteBatch(BatchOfBody(5, 1000)));

        List<double> points = [];
        List<RecordChange> changes = [];
        rig.Read(batch =>
        {
            changes.AddRange(batch.Changes);
            foreach (var append in batch.Appends)
                points.AddRange(append.Points.Numbers.ToArray());
        });
        Assert.Equal(Enumerable.Range(0, taken).Select(i => (double)i), points);
        Assert.Equal([new RecordId(4), new RecordId(6)], changes.Select(c => c.Id));
    }

    [Fact]
    public async Task WriteBatch_pointsOfManyThreadsWaitForRoom_isNotDropped()
    {
        // the journal is full, and each point waits its time for room: batches stand in the same queue
        await using var rig = new JournalRig(bound: 16 << 20);
        var stop = false;
        var dropped = 0;
        var loggers = Enumerable.Range(0, 6).Select(t => new Thread(() =>
        {
            var key = rig.Journal.NewKey(JournalRig.Run.Value, $"m{t}", RunRecord.MetricSeries($"m{t}"));
            for (var i = 0; !Volatile.Read(ref stop); i++)
            {
                if (!rig.Journal.WritePoint(key, i, 0, i))
                    Interlocked.Increment(ref dropped);
            }
        })).ToList();
        loggers.ForEach(l => l.Start());
        try
        {
            await Rig.UntilAsync(() => Task.FromResult(Volatile.Read(ref dropped) > 0));
            for (var i = 0; i < 40; i++)
                Assert.True(rig.Journal.WriteBatch(BatchOfBody(i, 100_000)), $"batch {i}");
        }
        finally
        {
            Volatile.Write(ref stop, true);
            loggers.ForEach(l => l.Join());
        }
    }

    private static Batch BatchOfBody(int pick, int size) => JournalRig.BatchOf(new RecordChange
    {
        Id = new RecordId((UInt128)pick + 1),
        Kind = "thing",
        Mode = ChangeMode.Create,
        Action = "made",
        Body = Body(pick, size),
    });

    private static byte[] Body(int pick, int size)
    {
        var body = new byte[size];
        new Random(pick).NextBytes(body);
        return body;
    }
}

namespace Mlops.Tracking.Tests.Journal;

public sealed class SegmentTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(4, 1)]
    [InlineData(4, 7)]
    [InlineData(8, 100)]
    public void TryReserve_manyThreads_givesEverySlotOnceAndClosesOnce(int threads, int largest)
    {
        using var memory = SegmentMemory.CreatePlain(10_007);
        for (var round = 0; round < 20; round++)
        {
            var segment = new Segment(memory);
            var given = new int[segment.Count];
            using var together = new Barrier(threads);
            var workers = Enumerable.Range(0, threads).Select(t => new Thread(() =>
            {
                var random = new Random((round * 100) + t);
                together.SignalAndWait();
                while (true)
                {
                    var slots = random.Next(1, largest + 1);
                    if (!segment.TryReserve(slots, out var index))
                        return;
                    for (var i = index; i < index + slots; i++)
                        Interlocked.Increment(ref given[i]);
                }
            })).ToList();
            workers.ForEach(w => w.Start());
            workers.ForEach(w => w.Join());

            Assert.Equal(segment.WaitForEnd(), segment.End);
            Assert.All(given[..segment.End], g => Assert.Equal(1, g));
            Assert.All(given[segment.End..], g => Assert.Equal(0, g));
            Assert.True(segment.End > segment.Count - largest, $"closed at {segment.End} of {segment.Count}");
            Assert.Equal(segment.End, segment.Reserved);
        }
    }

    [Fact]
    public void TryReserve_fillsExactly_closesAtTheCount()
    {
        using var memory = SegmentMemory.CreatePlain(10);
        var segment = new Segment(memory);
        Assert.True(segment.TryReserve(10, out var index));
        Assert.Equal(0, index);
        Assert.Equal((-1, 10), (segment.End, segment.Reserved));
        Assert.False(segment.TryReserve(1, out _));
        Assert.Equal((10, 10), (segment.End, segment.Reserved));
    }

    [Fact]
    public void TryReserve_closedAndAskedForEver_staysClosed()
    {
        // a full journal is asked for each point that is dropped; the counter must not come round to where it began
        using var memory = SegmentMemory.CreatePlain(100);
        var segment = new Segment(memory);
        Assert.True(segment.TryReserve(60, out _));
        Assert.False(segment.TryReserve(41, out _));
        for (var i = 0; i < 8; i++)
            Assert.False(segment.TryReserve(1 << 30, out _));
        for (var i = 0; i < 8; i++)
            Assert.False(segment.TryReserve(1, out _));
        Assert.Equal(60, segment.End);
    }
}

using CsCheck;

namespace Mlops.Storage.Tests.Series;

public sealed class SeriesDownsamplerTests
{
    [Fact]
    public void ToBuckets_anySeriesAndRange_losesNoPointAndNoExtreme() =>
        Gen.Select(Points.Numbers(20_000), Gen.OneOf(Gen.Int[1, 40], Gen.Int[1, 3000]), Gen.Int).Sample(
            (points, buckets, seed) =>
            {
                var random = new Random(seed);
                var range = SeriesRange.All;
                if (random.Next(2) == 0)
                {
                    var (a, b) = (points.Steps.Span[random.Next(points.Count)], points.Steps.Span[random.Next(points.Count)]);
                    range = new SeriesRange { FirstStep = Math.Min(a, b), LastStep = Math.Max(a, b) };
                }

                Check(points, range, buckets);
            },
            iter: 150);

    [Fact]
    public void ToBuckets_one_isTheSummary() =>
        Points.Numbers(20_000).Sample(
            points =>
            {
                var summary = SeriesCodec.Append(null, default, points).Summary;
                var bucket = Assert.Single(Downsample(points, SeriesRange.All, 1));
                Assert.Equal(
                    (summary.Count, summary.NanCount, summary.FirstStep, summary.LastStep, summary.Min, summary.Max),
                    (bucket.Count, bucket.NanCount, bucket.FirstStep, bucket.LastStep, bucket.Min, bucket.Max));
                if (summary.NanCount < summary.Count)
                    Assert.Equal((summary.MinStep, summary.MaxStep), (bucket.MinStep, bucket.MaxStep));
                if (double.IsFinite(summary.Sum) && Math.Abs(summary.Sum) < 1e9)
                    Assert.Equal(summary.Sum, bucket.Sum, 1e-3);
            },
            iter: 100);

    [Fact]
    public void ToBuckets_asManyBucketsAsSteps_givesEveryPoint()
    {
        var points = Points.Build(1000, steps: 0, times: 0, values: 4, seed: 3);
        var buckets = Downsample(points, SeriesRange.All, 5000);
        Assert.Equal(points.Numbers.ToArray(), buckets.Select(b => b.Min));
        Assert.Equal(points.Steps.ToArray(), buckets.Select(b => b.MaxStep));
    }

    [Fact]
    public void ToBuckets_wideBuckets_readNoData()
    {
        var points = Points.Build(30 * SeriesCodec.ChunkPoints, steps: 0, times: 0, values: 2, seed: 3);
        var buckets = Downsample(points, SeriesRange.All, 1000, _ => throw new InvalidOperationException("read"));
        Assert.Equal(1000, buckets.Count);
    }

    [Fact]
    public void ToBuckets_oneSpike_standsAtItsStep()
    {
        var values = new double[100_000];
        values[54_321] = 1e9;
        var points = SeriesColumns.OfNumbers(Enumerable.Range(0, values.Length).Select(i => i * 10L).ToArray(), new long[values.Length], values);
        var spike = Assert.Single(Downsample(points, SeriesRange.All, 100), b => b.Max > 0);
        Assert.Equal((1e9, 543_210L), (spike.Max, spike.MaxStep));
    }

    [Fact]
    public void ToBuckets_rangeBesideTheSeries_isEmpty() =>
        Assert.Empty(Downsample(Points.Build(10, 0, 0, 0, 1), new SeriesRange { FirstStep = 100 }, 5));

    [Fact]
    public void Add_dataOfAnotherChunk_throwsIntegrityException()
    {
        var chunk = SeriesCodec.Encode(Points.Build(500, 0, 0, 0, 1));
        var other = SeriesCodec.Encode(Points.Build(400, 0, 0, 0, 1));
        var sampler = new SeriesDownsampler(chunk.Summary, SeriesRange.All, 100);
        Assert.Throws<IntegrityException>(() => sampler.Add(chunk.Statistics.Span, () => other.Data));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_001)]
    public void New_bucketsOutOfRange_throwsArgumentOutOfRange(int buckets) =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new SeriesDownsampler(SeriesCodec.Encode(Points.Build(1, 0, 0, 0, 1)).Summary, SeriesRange.All, buckets));

    private static void Check(SeriesColumns points, SeriesRange range, int most)
    {
        var buckets = Downsample(points, range, most);
        var inRange = Enumerable.Range(0, points.Count)
            .Select(i => (Step: points.Steps.Span[i], Value: points.Numbers.Span[i]))
            .Where(p => p.Step >= range.FirstStep && p.Step <= range.LastStep)
            .ToList();
        var present = inRange.Select(p => (p.Step, BitConverter.DoubleToInt64Bits(p.Value))).ToHashSet();
        var steps = inRange.Select(p => p.Step).ToHashSet();

        Assert.InRange(buckets.Count, 1, most);
        Assert.Equal(inRange.Count, buckets.Sum(b => b.Count));
        Assert.Equal(inRange.Count(p => double.IsNaN(p.Value)), buckets.Sum(b => b.NanCount));
        Assert.True(buckets.Zip(buckets.Skip(1)).All(pair => pair.First.FirstStep < pair.Second.FirstStep), "buckets are not in order");
        foreach (var bucket in buckets)
        {
            Assert.True(bucket.Count > 0 && steps.Contains(bucket.FirstStep) && steps.Contains(bucket.LastStep));
            if (bucket.NanCount < bucket.Count)
            {
                Assert.Contains((bucket.MinStep, BitConverter.DoubleToInt64Bits(bucket.Min)), present);
                Assert.Contains((bucket.MaxStep, BitConverter.DoubleToInt64Bits(bucket.Max)), present);
            }
        }

        // a point belongs to the bucket of its step or, by snapping, to the one before: its value must be inside one of them
        foreach (var (step, value) in inRange.Where(p => !double.IsNaN(p.Value)))
        {
            var at = LastFrom(buckets, step);
            var covered = false;
            for (var i = at; i >= Math.Max(0, at - 1) && !covered; i--)
                covered = step <= buckets[i].LastStep && buckets[i].Min <= value && value <= buckets[i].Max;
            Assert.True(covered, $"value {value:R} of step {step} is outside its bucket");
        }
    }

    private static int LastFrom(IReadOnlyList<SeriesBucket> buckets, long step)
    {
        var (low, high) = (0, buckets.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = buckets[middle].FirstStep <= step ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    private static IReadOnlyList<SeriesBucket> Downsample(
        SeriesColumns points, SeriesRange range, int buckets, Func<SeriesChunk, ReadOnlyMemory<byte>>? read = null)
    {
        var growth = SeriesCodec.Append(null, default, points);
        var sampler = new SeriesDownsampler(growth.Summary, range, buckets);
        foreach (var chunk in growth.Tail is null ? growth.Full : [.. growth.Full, growth.Tail])
            sampler.Add(chunk.Statistics.Span, () => read is null ? chunk.Data : read(chunk));
        return sampler.ToBuckets();
    }
}

using CsCheck;

namespace Mlops.Storage.Tests.Series;

public sealed class SeriesSummaryTests
{
    [Fact]
    public void Merge_anyCuts_equalsBruteForceOverAllPoints() =>
        Gen.Select(Points.Numbers(400), Gen.Int).Where((points, _) => points.Count >= 3).Sample((points, seed) =>
        {
            var random = new Random(seed);
            var first = random.Next(1, points.Count - 1);
            var second = random.Next(first + 1, points.Count);
            var a = SeriesCodec.Encode(points.Slice(0, first)).Summary;
            var b = SeriesCodec.Encode(points.Slice(first, second - first)).Summary;
            var c = SeriesCodec.Encode(points.Slice(second, points.Count - second)).Summary;
            var expected = BruteForce.Summary(points);
            Assert.Equal(expected, BruteForce.WithoutSum(SeriesSummary.Merge(SeriesSummary.Merge(a, b), c)));
            Assert.Equal(expected, BruteForce.WithoutSum(SeriesSummary.Merge(a, SeriesSummary.Merge(b, c))));
        });

    [Fact]
    public void Merge_sums_add()
    {
        var a = SeriesCodec.Encode(SeriesColumns.OfNumbers(new long[3], new long[3], new[] { 1, double.NaN, 2 })).Summary;
        var b = SeriesCodec.Encode(SeriesColumns.OfNumbers(new long[5], new long[5], new[] { 1.0, 2, 3, 4, 5 })).Summary;
        Assert.Equal(18, SeriesSummary.Merge(a, b).Sum);
    }

    [Fact]
    public void Merge_sameStepAndTime_takesTheLaterArrival()
    {
        var a = OfOnePoint(step: 7, time: 9, value: 5);
        var b = a with { Last = 3, Min = 3, Max = 3 };
        Assert.Equal(3, SeriesSummary.Merge(a, b).Last);
        Assert.Equal(5, SeriesSummary.Merge(b, a).Last);
    }

    [Fact]
    public void Merge_olderTimeAtTheSameStep_keepsTheEarlier()
    {
        var a = OfOnePoint(step: 7, time: 9, value: 5);
        var b = a with { LastTime = 8, Last = 3 };
        Assert.Equal(5, SeriesSummary.Merge(a, b).Last);
    }

    [Fact]
    public void Encode_allNan_hasNanExtremes()
    {
        var summary = SeriesCodec.Encode(SeriesColumns.OfNumbers(new long[2], new long[2], new[] { double.NaN, double.NaN })).Summary;
        Assert.Equal((2L, double.NaN, double.NaN, 0.0), (summary.NanCount, summary.Min, summary.Max, summary.Sum));
    }

    private static SeriesSummary OfOnePoint(long step, long time, double value)
    {
        long[] steps = [step];
        long[] times = [time];
        double[] values = [value];
        return SeriesCodec.Encode(SeriesColumns.OfNumbers(steps, times, values)).Summary;
    }
}

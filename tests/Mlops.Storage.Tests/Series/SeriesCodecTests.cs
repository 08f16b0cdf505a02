using CsCheck;

namespace Mlops.Storage.Tests.Series;

public sealed class SeriesCodecTests
{
    [Fact]
    public void Decode_encodedNumbers_givesEveryBitBack() =>
        Points.Numbers(SeriesCodec.ChunkPoints).Sample(
            points => Points.AssertSame(points, SeriesCodec.Decode(SeriesCodec.Encode(points).Data.Span)), iter: 600);

    [Fact]
    public void Decode_encodedTexts_givesThemBack() =>
        Points.Texts(1000).Sample(points => Points.AssertSame(points, SeriesCodec.Decode(SeriesCodec.Encode(points).Data.Span)), iter: 100);

    [Fact]
    public void Decode_encodedDigests_givesThemBack() =>
        Points.Digests(1000).Sample(points => Points.AssertSame(points, SeriesCodec.Decode(SeriesCodec.Encode(points).Data.Span)), iter: 100);

    [Fact]
    public void Decode_anyWidthAndLength_givesThemBack()
    {
        // one column per width of 0 to 64 bits and every length around the ends of blocks and of groups of four
        for (var width = 0; width <= 64; width++)
        {
            foreach (var count in new[] { 1, 2, 3, 4, 5, 7, 8, 9, 127, 128, 129, 130, 131, 255, 257 })
            {
                var random = new Random(width);
                var steps = new long[count];
                for (var i = 0; i < count; i++)
                    steps[i] = width == 0 ? 0 : random.NextInt64(long.MinValue, long.MaxValue) >> (64 - width);
                var points = SeriesColumns.OfNumbers(steps, steps, new double[count]);
                Points.AssertSame(points, SeriesCodec.Decode(SeriesCodec.Encode(points).Data.Span));
            }
        }
    }

    [Fact]
    public void Encode_anyNumbers_summaryIsThatOfBruteForce() =>
        Points.Numbers(1000).Sample(points => Assert.Equal(BruteForce.Summary(points), BruteForce.WithoutSum(SeriesCodec.Encode(points).Summary)), iter: 600);

    [Fact]
    public void Encode_regularSeries_takesFewBytes()
    {
        // sequential steps, times with jitter, small integers: the figures that the format promises
        var chunk = SeriesCodec.Encode(Points.Build(SeriesCodec.ChunkPoints, steps: 0, times: 3, values: 0, seed: 1));
        Assert.InRange((chunk.Data.Length + chunk.Statistics.Length) / (double)SeriesCodec.ChunkPoints, 2.0, 2.7);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(SeriesCodec.ChunkPoints + 1)]
    public void Encode_tooFewOrTooMany_throwsArgumentException(int count) =>
        Assert.Throws<ArgumentException>(
            () => SeriesCodec.Encode(SeriesColumns.OfNumbers(new long[count], new long[count], new double[count])));

    [Fact]
    public void Encode_nullText_throwsArgumentException() =>
        Assert.Throws<ArgumentException>(() => SeriesCodec.Encode(SeriesColumns.OfTexts(new long[1], new long[1], new string[1])));

    [Fact]
    public void Encode_textOrDigests_hasNoStatistics()
    {
        var text = "a";
        Assert.True(SeriesCodec.Encode(SeriesColumns.OfTexts(new long[1], new long[1], new string[] { text })).Statistics.IsEmpty);
        Assert.True(SeriesCodec.Encode(SeriesColumns.OfDigests(new long[1], new long[1], new Digest[1])).Statistics.IsEmpty);
    }
}

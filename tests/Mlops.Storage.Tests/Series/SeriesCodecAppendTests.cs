using CsCheck;

namespace Mlops.Storage.Tests.Series;

public sealed class SeriesCodecAppendTests
{
    [Fact]
    public void Append_randomPieces_equalsEncodingTheWhole() =>
        Gen.Select(Points.Numbers(3 * SeriesCodec.ChunkPoints), Gen.Int).Sample(
            (points, seed) =>
            {
                var random = new Random(seed);
                var full = new List<SeriesChunk>();
                SeriesSummary? summary = null;
                SeriesChunk? tail = null;
                for (var taken = 0; taken < points.Count;)
                {
                    var count = Math.Min(points.Count - taken, random.Next(3) == 0 ? random.Next(1, 20_000) : random.Next(1, 3000));
                    var growth = SeriesCodec.Append(summary, tail is null ? default : tail.Data.Span, points.Slice(taken, count));
                    full.AddRange(growth.Full);
                    (summary, tail) = (growth.Summary, growth.Tail);
                    taken += count;
                }

                var chunks = tail is null ? full : [.. full, tail];
                Assert.All(full, chunk => Assert.Equal(SeriesCodec.ChunkPoints, chunk.Summary.Count));
                Assert.Equal(BruteForce.Summary(points), BruteForce.WithoutSum(summary!));
                for (int i = 0, start = 0; i < chunks.Count; start += (int)chunks[i++].Summary.Count)
                {
                    var whole = SeriesCodec.Encode(points.Slice(start, (int)chunks[i].Summary.Count));
                    Assert.True(whole.Data.Span.SequenceEqual(chunks[i].Data.Span));
                    Assert.True(whole.Statistics.Span.SequenceEqual(chunks[i].Statistics.Span));
                    Assert.Equal(whole.Summary, chunks[i].Summary);
                }
            },
            iter: 60);

    [Fact]
    public void Append_texts_joinsTailAndAdded()
    {
        var first = SeriesCodec.Append(null, default, Texts("a", "b"));
        var second = SeriesCodec.Append(first.Summary, first.Tail!.Data.Span, Texts("c"));
        Assert.Equal(["a", "b", "c"], SeriesCodec.Decode(second.Tail!.Data.Span).Texts.ToArray());
        Assert.Equal(3, second.Summary.Count);
    }

    [Fact]
    public void Append_exactlyToTheEnd_leavesNoTail()
    {
        var points = Points.Build(2 * SeriesCodec.ChunkPoints, 0, 0, 0, 1);
        var growth = SeriesCodec.Append(null, default, points);
        Assert.Equal(2, growth.Full.Count);
        Assert.Null(growth.Tail);
    }

    [Fact]
    public void Append_otherTypeThanTail_throwsNamingBoth()
    {
        var growth = SeriesCodec.Append(null, default, Texts("a"));
        var error = Assert.Throws<ArgumentException>(
            () => SeriesCodec.Append(growth.Summary, growth.Tail!.Data.Span, Points.Build(1, 0, 0, 0, 1)));
        Assert.Contains("Text", error.Message, StringComparison.Ordinal);
        Assert.Contains("Number", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Append_nothing_throwsArgumentException() =>
        Assert.Throws<ArgumentException>(() => SeriesCodec.Append(null, default, Texts()));

    private static SeriesColumns Texts(params string[] texts) =>
        SeriesColumns.OfTexts(new long[texts.Length], new long[texts.Length], texts);
}

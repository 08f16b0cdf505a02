namespace Mlops.Storage.Tests.Series;

/// <summary>The published vectors: stored chunks must stay readable, so these bytes never change.</summary>
public sealed class SeriesFormatTests
{
    private static readonly long[] Even = [0, 1, 2];
    private static readonly long[] Uneven = [-5, 7, 7];
    private static readonly long[] Times = [1_000_000, 1_010_000, 1_019_000];
    private static readonly double[] Integers = [3, -1, 2];
    private static readonly double[] Singles = [0.5, double.NaN, -0.0];
    private static readonly double[] Doubles = [0.1, double.NegativeInfinity, 0.2];
    private static readonly string[] Texts = ["a", "", "ü"];
    private static readonly Digest[] Digests = [Digest.Of("a"u8), default, new(1, 2)];

    public static TheoryData<string, string, string> Vectors => new()
    {
        {
            "integers",
            "01010300010000000000000000010000000000000002301b0f00000000008ad08c01e8a30f00010207000000000000000301"
            + "c40086838d66",
            "0103030000000000000000000100000000000000000080bf0000404000000000000010400100ca6c0ac8"
        },
        {
            "singles",
            "01010300010000000000000000010000000000000002301b0f00000000008ad08c01e8a30f0002020100c0fd000000002081"
            + "8080fc0f0100c0be000000000000c07f784d0291",
            "010703000000000000000000010000000000000001000000800000003f000000000000e03f0200abb78551"
        },
        {
            "doubles",
            "0101030002efffffffffffffff0409c00c02301b0f00000000008ad08c01e8a30f00030235333333333363ff408180808080"
            + "8080f0ff019b9999999999a9bf00000000000000009b9999999999b9bfd816fff8",
            "01000300000000000000f0ff9a9999999999c93f000000000000f0fffbffffffffffffff0c0c0c92133b75"
        },
        {
            "texts",
            "0102030002efffffffffffffff0409c00c02301b0f00000000008ad08c01e8a30f0002020000000000000002002161c3bc74"
            + "bd0bbb",
            ""
        },
        {
            "digests",
            "01030300010000000000000000010000000000000002301b0f00000000008ad08c01e8a30f00ca978112ca1bbdcafac231b3"
            + "9a23dc4da786eff8147c4e72b9807785afee48bb000000000000000000000000000000000000000000000000000000000000"
            + "0000000000000000000000000000000000010000000000000000000000000000000242d2d537",
            ""
        },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Encode_sample_isThePublishedVector(string sample, string data, string statistics)
    {
        var chunk = SeriesCodec.Encode(Sample(sample));
        Assert.Equal(data, Convert.ToHexStringLower(chunk.Data.Span));
        Assert.Equal(statistics, Convert.ToHexStringLower(chunk.Statistics.Span));
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Decode_publishedVector_givesTheSample(string sample, string data, string statistics)
    {
        var points = SeriesCodec.Decode(Convert.FromHexString(data));
        Points.AssertSame(Sample(sample), points);
        if (statistics.Length == 0)
            return;
        var sampler = new SeriesDownsampler(SeriesCodec.Encode(points).Summary, SeriesRange.All, 1);
        sampler.Add(Convert.FromHexString(statistics), () => throw new InvalidOperationException("the statistics suffice"));
        Assert.Equal(3, Assert.Single(sampler.ToBuckets()).Count);
    }

    private static SeriesColumns Sample(string name) => name switch
    {
        "integers" => SeriesColumns.OfNumbers(Even, Times, Integers),
        "singles" => SeriesColumns.OfNumbers(Even, Times, Singles),
        "doubles" => SeriesColumns.OfNumbers(Uneven, Times, Doubles),
        "texts" => SeriesColumns.OfTexts(Uneven, Times, Texts),
        _ => SeriesColumns.OfDigests(Even, Times, Digests),
    };
}

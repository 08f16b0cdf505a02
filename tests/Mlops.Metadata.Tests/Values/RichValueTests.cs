using System.Globalization;
using System.Text;
using CsCheck;

namespace Mlops.Metadata.Tests.Values;

public sealed class RichValueTests
{
    private static readonly byte[] Png =
    [
        0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0, (byte)'I', (byte)'E', (byte)'N', (byte)'D', 0xAE, 0x42, 0x60, 0x82,
    ];

    // a segment that holds a thumbnail, filled up with FF; the picture; and what a camera put behind it
    private static readonly byte[] Jpeg = [0xFF, 0xD8, 0xFF, 0xE1, 0, 6, 0xFF, 0xD8, 0xFF, 0xD9, 0xFF, 0xFF, 0xDA, 0, 2, 7, 0xFF, 0xD9, 9];

    public static TheoryData<RichValue> Values() =>
    [
        new TextValue("größer\nals \0 nichts"),
        new ImageValue(Png),
        new ImageValue(Jpeg),
        new FigureValue("<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>"),
        new FigureValue("<!DOCTYPE html><html><body><svg/></body></html>"),
        new TableValue([new ValueColumn("n", [1, null, double.NaN]), new ValueColumn("t", ["a", null, ""])]),
        new Histogram([-1, 0, 2.5], [3, 0.25]),
        new ConfusionMatrix(["cat", "dog"], [[5, 1], [0, 7]]),
        RocCurve.Of([0.9, 0.4, 0.4, 0.1], [true, true, false, false]),
        PrecisionRecallCurve.Of([0.9, 0.4, 0.4, 0.1], [true, true, false, false]),
        CalibrationCurve.Of([0, 0.05, 0.5, 1], [false, true, true, true]),
    ];

    [Theory]
    [MemberData(nameof(Values))]
    public void Decode_whatWasEncoded_isTheSame(RichValue value)
    {
        var bytes = value.Encode();
        var read = RichValue.Decode(value.Kind, bytes);

        Assert.Equal(value.GetType(), read.GetType());
        Assert.Equal(bytes.ToArray(), read.Encode().ToArray());
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void Decode_brokenBytes_saysWhatTheyAreNot(RichValue value)
    {
        if (value is TextValue)
            return;
        var bytes = value.Encode();
        Assert.Throws<FormatException>(() => RichValue.Decode(value.Kind, bytes[..(bytes.Length / 4)]));
        Assert.Throws<FormatException>(() => RichValue.Decode(value.Kind, "null"u8.ToArray()));
    }

    [Fact]
    public void ImageValue_otherBytes_areRefused()
    {
        Assert.Contains("neither a PNG nor a JPEG", Assert.Throws<ArgumentException>(() => new ImageValue(Encoding.UTF8.GetBytes("GIF89a"))).Message, StringComparison.Ordinal);
        Assert.Contains("breaks off", Assert.Throws<ArgumentException>(() => new ImageValue(Png.AsMemory(0, 15))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ImageValue(default));
        Assert.Throws<ArgumentException>(() => new ImageValue(Jpeg.AsMemory(0, 15)));
        Assert.Throws<ArgumentException>(() => new ImageValue(new byte[] { 0xFF, 0xD8, 0xFF, 7, 0xFF, 0xD9 }));
        Assert.Throws<ArgumentException>(() => new ImageValue((byte[])[.. Png[..8], .. "noise"u8, .. Png[8..]]));
    }

    [Fact]
    public void ImageValue_moreBehindTheEnd_isTaken() => Assert.Equal("image/png", new ImageValue((byte[])[.. Png, 0, 0, 0]).MediaType);

    [Fact]
    public void Histogram_edgesThatDoNotIncrease_areRefused()
    {
        Assert.Contains("Edge 1 is 0", Assert.Throws<ArgumentException>(() => new Histogram([1, 0], [1])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Histogram([0, 0], [1]));
        Assert.Throws<ArgumentException>(() => new Histogram([0, double.NaN], [1]));
        Assert.Throws<ArgumentException>(() => new Histogram([0, 1], [-1]));
        Assert.Throws<ArgumentException>(() => new Histogram([0, 1], [1, 1]));
        Assert.Throws<ArgumentException>(() => Histogram.Of([double.NaN]));
    }

    [Fact]
    public void HistogramOf_values_countsEachFiniteOneOnce()
    {
        var histogram = Histogram.Of([0, 1, 2, 3, 4, double.NaN, double.PositiveInfinity], bins: 4);

        Assert.Equal([0, 1, 2, 3, 4], histogram.Edges);
        Assert.Equal([1, 1, 1, 2], histogram.Counts);
        Assert.Equal(2, Histogram.Of([7, 7], bins: 3).Counts.Sum());
        Assert.Equal(2, Histogram.Of([-double.MaxValue, double.MaxValue], bins: 3).Counts.Sum());
    }

    [Theory]
    [InlineData(0.3, 0.1 + 0.2)]
    [InlineData(1e17, 1e17 + 16)]
    [InlineData(0, double.Epsilon)]
    [InlineData(double.MaxValue, double.MaxValue)]
    [InlineData(-1, -0.9999999999999)]
    public void HistogramOf_valuesHardlyApart_areCounted(double first, double second) =>
        Assert.Equal(2, Histogram.Of([first, second]).Counts.Sum());

    [Fact]
    public void HistogramOf_anyValues_countsEachWhereItsEdgesSay() =>
        Gen.Select(Gen.Double[-10, 10].Array[1, 20], Gen.Int[1, 20], Gen.Int[-3, 3]).Sample((numbers, bins, power) =>
        {
            double[] values = [.. numbers.Select(v => Math.Pow(1e100, power) * Math.Round(v, 1))];
            var histogram = Histogram.Of(values, bins);
            return Enumerable.Range(0, bins).All(bin => histogram.Counts[bin] == values.Count(
                v => v >= histogram.Edges[bin] && (v < histogram.Edges[bin + 1] || (bin == bins - 1 && v <= histogram.Edges[bins]))));
        });

    [Fact]
    public void HistogramOf_valueOnAnEdge_isInTheBinThatBeginsThere()
    {
        var histogram = Histogram.Of([0, 0.3, 1], bins: 10);

        Assert.Equal(0.3, histogram.Edges[3]);
        Assert.Equal(1, histogram.Counts[3]);
    }

    [Fact]
    public void TableValue_raggedOrLarge_isRefused()
    {
        Assert.Contains(
            "'b' has 1 rows and 'a' has 2",
            Assert.Throws<ArgumentException>(() => new TableValue([new ValueColumn("a", [1, 2]), new ValueColumn("b", ["x"])])).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new TableValue([]));
        Assert.Throws<ArgumentException>(() => new TableValue([new ValueColumn("a", [1]), new ValueColumn("a", [2])]));
        Assert.Contains(
            "1,000,001 cells",
            Assert.Throws<ArgumentException>(() => new TableValue([new ValueColumn("a", new double?[TableValue.MaxCells + 1])])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void TableValueOf_records_makesAColumnOfEachProperty()
    {
        var table = TableValue.Of([new Row("a", 1.5f, 2, true), new Row(null, float.NaN, null, false)]);

        Assert.Equal(["Name", "Score", "Rank", "IsLate"], table.Columns.Select(c => c.Name));
        Assert.Equal(["a", null], table.Columns[0].Texts);
        Assert.Equal([1.5, double.NaN], table.Columns[1].Numbers);
        Assert.Equal([2, null], table.Columns[2].Numbers);
        Assert.Equal(["True", "False"], table.Columns[3].Texts);
    }

    [Fact]
    public void TableValueOf_timesAndLargeIds_areTextsThatLoseNothing()
    {
        var time = new DateTime(2001, 1, 31, 8, 0, 0, 250, DateTimeKind.Utc);
        var table = TableValue.Of([new { At = time, Id = 1234567890123456789L, Rank = 3L }, new { At = time, Id = 2L, Rank = 4L }]);
        Assert.Equal("2001-01-31T08:00:00.2500000Z", table.Columns[0].Texts![0]);
        Assert.Equal(["1234567890123456789", "2"], table.Columns[1].Texts);
        Assert.Equal([3, 4], table.Columns[2].Numbers);
    }

    [Fact]
    public void TableValueOf_listsAndTuples_areTextsOfWhatTheyHold()
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
        try
        {
            var table = TableValue.Of([new { Layers = new[] { 0.5, 2 }, Betas = (0.9, 0.999) }]);
            Assert.Equal(["[0.5, 2]", "(0.9, 0.999)"], table.Columns.Select(c => c.Texts![0]));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void ConfusionMatrixOf_pairs_countsActualByPredicted()
    {
        var matrix = ConfusionMatrix.Of(["b", "a", "b", "b"], ["b", "b", "a", "b"]);

        Assert.Equal(["a", "b"], matrix.Labels);
        Assert.Equal([0, 1], matrix.Counts[0]);
        Assert.Equal([1, 2], matrix.Counts[1]);
        Assert.Throws<ArgumentException>(() => new ConfusionMatrix(["a", "b"], [[1, 2]]));
        Assert.Throws<ArgumentException>(() => ConfusionMatrix.Of([], []));
    }

    // the example of scikit-learn's documentation: roc_auc 0.75, average precision 0.8333
    [Fact]
    public void Curves_publishedExample_haveThePublishedAreas()
    {
        double[] scores = [0.1, 0.4, 0.35, 0.8];
        bool[] labels = [false, false, true, true];

        var roc = RocCurve.Of(scores, labels);
        var precision = PrecisionRecallCurve.Of(scores, labels);

        Assert.Equal(0.75, roc.Area, 12);
        Assert.Equal([0, 0, 0.5, 0.5, 1], roc.FalsePositiveRates);
        Assert.Equal([0, 0.5, 0.5, 1, 1], roc.TruePositiveRates);
        Assert.Equal(5.0 / 6, precision.AveragePrecision, 12);
        Assert.Equal([1, 0.5, 2.0 / 3, 0.5], precision.Precisions);
    }

    [Fact]
    public void RocCurveOf_allScoresEqual_isTheDiagonal()
    {
        var roc = RocCurve.Of([0.5, 0.5, 0.5], [true, false, true]);

        Assert.Equal(0.5, roc.Area);
        Assert.Equal(2, roc.FalsePositiveRates.Count);
        Assert.Throws<ArgumentException>(() => RocCurve.Of([1, 2], [true, true]));
        Assert.Throws<ArgumentException>(() => RocCurve.Of([1, double.NaN], [true, false]));
        Assert.Throws<ArgumentException>(() => RocCurve.Of([1], [true, false]));
    }

    [Fact]
    public void RocCurveOf_manyScores_keepsTheAreaAndAThousandPoints()
    {
        var random = new Random(1);
        var scores = Enumerable.Range(0, 20_000).Select(_ => random.NextDouble()).ToArray();
        var roc = RocCurve.Of(scores, [.. scores.Select(s => random.NextDouble() < s)]);

        Assert.Equal(1_000, roc.FalsePositiveRates.Count);
        Assert.Equal((0, 1), (roc.FalsePositiveRates[0], roc.TruePositiveRates[^1]));
        Assert.InRange(roc.Area, 0.82, 0.85);
    }

    [Fact]
    public void CalibrationCurveOf_probabilities_comparesThemWithWhatCameTrue()
    {
        var curve = CalibrationCurve.Of([0.1, 0.3, 0.9, 1], [false, true, true, true], bins: 2);

        Assert.Equal([0.2, 0.95], curve.Predicted, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([0.5, 1], curve.Observed);
        Assert.Equal([2, 2], curve.Counts);
        Assert.Equal(0.175, curve.ExpectedError, 12);
        Assert.Throws<ArgumentException>(() => CalibrationCurve.Of([1.5], [true]));
        Assert.Throws<ArgumentException>(() => CalibrationCurve.Of([], []));
    }

    private sealed record Row(string? Name, float Score, int? Rank, bool IsLate);
}

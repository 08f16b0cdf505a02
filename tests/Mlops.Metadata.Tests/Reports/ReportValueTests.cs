using System.Globalization;
using System.Text.RegularExpressions;
using Mlops.Storage;
using Snapshooter.Xunit;

namespace Mlops.Metadata.Tests.Reports;

public sealed class ReportValueTests
{
    private static readonly byte[] Png =
    [
        0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0, (byte)'I', (byte)'E', (byte)'N', (byte)'D', 0xAE, 0x42, 0x60, 0x82,
    ];

    private const string Attack = "\"></iframe></pre></script><script>alert(1)</script><img src=x onerror='alert(1)'>";

    public static TheoryData<string, RichValue[]> Drawings() => new()
    {
        { "text", [new TextValue("old"), new TextValue("a < b\n\tand\u202e \"c\"")] },
        { "image", [new ImageValue(Png), new ImageValue(new byte[] { 0xFF, 0xD8, 0xFF, 0xDA, 0, 2, 0xFF, 0xD9 })] },
        { "svg", [new FigureValue("<svg xmlns='http://www.w3.org/2000/svg'/>")] },
        { "html", [new FigureValue("<html>\n<body>&amp;</body></html>")] },
        { "table", [new TableValue([new ValueColumn("n", [1, null, double.NaN]), new ValueColumn("t", ["a", null, "<b>"])])] },
        { "histogram", [new Histogram([0, 1, 2, 4], [1, 1_000_000, 0]), new Histogram([1, 2, 3], [0.5, 0.5])] },
        { "confusion", [new ConfusionMatrix(["cat", "dog"], [[5, 1], [0, 7.5]])] },
        { "roc", [RocCurve.Of([0.9, 0.4, 0.4, 0.1], [true, true, false, false])] },
        { "precision-recall", [PrecisionRecallCurve.Of([0.9, 0.4, 0.4, 0.1], [true, true, false, false])] },
        { "calibration", [new CalibrationCurve([0.75, 0.25], [1, 0.25], [1, 3])] },
    };

    [Theory]
    [MemberData(nameof(Drawings))]
    public async Task WriteReportAsync_valuesOfOneRun_areDrawnAsAgreed(string name, RichValue[] values)
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync();
        for (var i = 0; i < values.Length; i++)
            await rig.LogAsync(run, "key", values[i], i);
        Snapshot.Match(Section(await rig.WriteReportAsync([run])), $"Value_{name}");
    }

    [Fact]
    public async Task WriteReportAsync_hostileValues_stayInert()
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync(name: Attack);
        RichValue[] values =
        [
            new TextValue(Attack), new ImageValue(Png), new FigureValue("<svg>" + Attack), new TableValue([new ValueColumn(Attack, [Attack])]),
            new ConfusionMatrix([Attack, "b"], [[1, 0], [0, 1]]), new Histogram([0, 1], [1]), RocCurve.Of([0.9, 0.1], [true, false]),
        ];
        foreach (var value in values)
            await rig.LogAsync(run, Attack, value);
        await rig.LogAsync(run, "html", new FigureValue("<html>" + Attack));
        var html = await rig.WriteReportAsync([run]);
        Assert.Equal(1, Regex.Count(html, "<script"));
        Assert.Equal(1, Regex.Count(html, "<iframe sandbox=\"\" "));
        Assert.Equal(1, Regex.Count(html, "<iframe|</iframe") - 1);
        Assert.Equal(2, Regex.Count(html, "<img alt=\"[^\"<>]*\" src=\"data:image/(png|svg\\+xml);base64,[A-Za-z0-9+/=]+\">"));
        Assert.Equal(2, Regex.Count(html, "<img"));
        Assert.Contains("img-src data:; style-src 'unsafe-inline'; script-src 'sha256-", html, StringComparison.Ordinal);
        Assert.DoesNotContain("onerror='", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteReportAsync_manyImages_showTheFirstTheLastAndSomeBetween()
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync();
        for (var step = 0; step < 101; step++)
            await rig.LogAsync(run, "samples", new ImageValue(Png), 1_000 - step);
        var html = await rig.WriteReportAsync([run], new ReportOptions { MaxImages = 5 });
        Assert.Equal(["900", "925", "950", "975", "1000"], Shown(html));
        Assert.Contains("5 of 101 shown, 96 left out", html, StringComparison.Ordinal);
        Assert.Equal(["1000"], Shown(await rig.WriteReportAsync([run], new ReportOptions { MaxImages = 1 })));
        Assert.Empty(Shown(await rig.WriteReportAsync([run], new ReportOptions { MaxImages = 0 })));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => rig.WriteReportAsync([run], new ReportOptions { MaxImages = -1 }));
    }

    [Fact]
    public async Task WriteReportAsync_mediaBeyondTheBound_areLeftOutAndNamed()
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync();
        for (var step = 0; step < 3; step++)
            await rig.LogAsync(run, "b", new ImageValue(Png), step);
        await rig.LogAsync(run, "a", new FigureValue("<svg>" + new string(' ', 1_000)));
        var html = await rig.WriteReportAsync([run], new ReportOptions { MaxEmbeddedBytes = 2 * Png.Length });
        Assert.Equal(["0", "2"], Shown(html));
        Assert.Contains("left out, 1005 B have no room", html, StringComparison.Ordinal);
        Assert.Contains("step 1: left out, 20 B have no room", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteReportAsync_damagedAndLostContent_isANoteInItsPlace()
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync();
        await rig.LogAsync(run, "curve", RocCurve.Of([0.9, 0.1], [true, false]), 7);
        await rig.LogAsync(run, "pictures", new ImageValue(Png), 1);
        foreach (var file in Directory.EnumerateFiles(rig["objects"], "*", SearchOption.AllDirectories))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            bytes[bytes.Length / 2] ^= 1;
            File.SetAttributes(file, FileAttributes.Normal);
            await File.WriteAllBytesAsync(file, bytes);
        }

        await rig.LogAsync(run, "pictures", RichValueKind.Image, Digest.Of("lost"u8), 2);
        await rig.LogAsync(run, "wrong", RichValueKind.ConfusionMatrix, (await rig.Content.PutAsync("""{"labels":["a"],"counts":[null]}"""u8.ToArray())).Digest);
        await rig.LogAsync(run, "sound", new TextValue("still here"));
        var html = await rig.WriteReportAsync([run]);
        Assert.Equal(4, Regex.Count(html, "class=\"problem\""));
        Assert.Contains("class=\"problem\">step 7: ", html, StringComparison.Ordinal);
        Assert.Contains("class=\"problem\">step 2: ", html, StringComparison.Ordinal);
        Assert.Contains("still here", html, StringComparison.Ordinal);
        Assert.EndsWith("</html>\n", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteReportAsync_curvesOfSeveralRuns_shareAChart()
    {
        await using var rig = new StoreRig();
        RunId[] runs = [await rig.StartAsync(name: "one"), await rig.StartAsync(name: "none"), await rig.StartAsync(name: "two")];
        await rig.LogAsync(runs[0], "test", RocCurve.Of([0.9, 0.1], [true, false]), 5);
        await rig.LogAsync(runs[2], "test", RocCurve.Of([0.1, 0.9], [true, false]), 6);
        await rig.LogAsync(runs[2], "test", new TextValue("of its own report"), 6);
        var section = Section(await rig.WriteReportAsync(runs));
        Assert.Equal(1, Regex.Count(section, "<figure"));
        Assert.Equal(["0", "2"], Regex.Matches(section, "class=\"run c(\\d) k0\" data-run=\"\\1\"").Select(m => m.Groups[1].Value));
        Assert.Contains("<bdi>one</bdi>: AUC 1, step 5</li>", section, StringComparison.Ordinal);
        Assert.Contains("<bdi>two</bdi>: AUC 0, step 6</li>", section, StringComparison.Ordinal);
        Assert.DoesNotContain("of its own report", section, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteReportAsync_extremeValues_areDrawnFinitelyAndBounded()
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync();
        const int many = 50_000;
        double[] rising = [.. Enumerable.Range(0, many).Select(i => i / (many - 1.0))];
        RichValue[] values =
        [
            new Histogram([-double.MaxValue, 0, double.MaxValue], [double.MaxValue, double.MaxValue]),
            new RocCurve(rising, rising, 0.5), new RocCurve([0.5], [0.5], 0),
            new PrecisionRecallCurve(rising, [.. rising.Select((_, i) => i == 12_345 ? 0 : i % 2 == 0 ? 1.0 : 0.5)], 1), new CalibrationCurve([1], [1], [1]),
            new ConfusionMatrix([.. Enumerable.Range(0, 100).Select(i => i.ToString(CultureInfo.InvariantCulture))], [.. Enumerable.Repeat(new double[100], 100)]),
            new ConfusionMatrix(["a"], [[double.MaxValue]]),
            new TextValue(""), new TextValue(string.Concat(Enumerable.Repeat("😀", 500_000))),
            new TableValue([new ValueColumn("none", Array.Empty<double?>())]),
            new TableValue([.. Enumerable.Range(0, 100).Select(i => new ValueColumn($"{i}", Enumerable.Repeat<string?>(new string('x', 150), 1_000).ToList()))]),
        ];
        for (var i = 0; i < values.Length; i++)
            await rig.LogAsync(run, $"k{i}", values[i]);
        foreach (var (step, edges) in (IEnumerable<(long, int)>)[(long.MinValue, 1), (0, 5), (long.MaxValue, 50_000)])
            await rig.LogAsync(run, "h", new Histogram([.. Enumerable.Range(0, edges + 1).Select(i => (double)i)], [.. Enumerable.Repeat(0.0, edges - 1), edges % 2]), step);
        await rig.AppendAsync(run, "m", (long.MaxValue - 1, double.MaxValue), (long.MaxValue, -double.MaxValue));
        var html = await rig.WriteReportAsync([run]);
        var section = Section(html);
        Assert.InRange(html.Length, 1, 400_000);
        Assert.DoesNotMatch("=\"[^\"<>]*(NaN|∞|Infinity)", Regex.Replace(html, "<desc.*?</desc>", ""));
        Assert.DoesNotContain("class=\"problem\"", section, StringComparison.Ordinal);
        Assert.Contains("980 more rows; 70 more columns", section, StringComparison.Ordinal);
        Assert.Contains("the first 30 of 100 classes", section, StringComparison.Ordinal);
        Assert.Contains("980,000 more characters", section, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteReportAsync_loneExtremes_stayInTheMapAndTheCurve()
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync();
        for (var step = 0; step < 200; step++)
            await rig.LogAsync(run, "weights", new Histogram([0, 1, 89, 90], step == 77 ? [1e9, 0, 1] : [1e9, 0, 0]), step);
        double[] rising = [.. Enumerable.Range(0, 50_000).Select(i => i / 49_999.0)];
        await rig.LogAsync(run, "curve", new PrecisionRecallCurve(rising, [.. rising.Select((_, i) => i == 25_001 ? 0 : 1.0)], 1));
        var section = Section(await rig.WriteReportAsync([run]));
        Assert.Matches("class=\"cell\" fill-opacity=\"0.25\" d=\"M\\d+ 160h", section); // the row of 89 to 90 on an axis to 100
        Assert.Contains("l0 3000", section, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Shown(string html) => Regex.Matches(html, "<small>step (\\d+)</small>").Select(m => m.Groups[1].Value);

    private static string Section(string html) => Regex.Match(html, "<section><h2>Values.*?</section>", RegexOptions.Singleline).Value;
}

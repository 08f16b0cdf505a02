using System.Text.RegularExpressions;
using Mlops.Storage;
using Snapshooter.Xunit;

namespace Mlops.Metadata.Tests.Reports;

public sealed class ReportTests
{
    [Theory]
    [InlineData(TableFormat.Console)]
    [InlineData(TableFormat.Markdown)]
    [InlineData(TableFormat.Csv)]
    [InlineData(TableFormat.Json)]
    public async Task Write_comparison_isAsAgreed(TableFormat format)
    {
        await using var rig = new StoreRig();
        var comparison = await rig.Runs.CompareAsync(await HostileAsync(rig));
        var text = new StringWriter { NewLine = "\n" };
        RunTable.Of(comparison, onlyDifferences: true).Write(text, format);
        RunTable.Of(comparison.Runs, [RunField.RunName, RunField.Param("lr"), RunField.Metric("loss")]).Write(text, format);
        Snapshot.Match(text.ToString(), $"Table_{format}");
    }

    [Fact]
    public async Task WriteReportAsync_hostileTexts_stayText()
    {
        await using var rig = new StoreRig();
        var html = await rig.WriteReportAsync(await HostileAsync(rig));
        Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202e', html);
        Assert.Equal(1, Regex.Count(html, "<script"));
        Assert.Equal(1, Regex.Count(html, "</script>"));
        Assert.DoesNotMatch("(src|href|action)=[\"']|url\\(|@import", html); // the writer quotes every attribute that is one
        Assert.DoesNotMatch("https?:", html);
        Assert.Contains("&lt;/script&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt;", html, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("abc", 3, "abc")]
    [InlineData("abcd", 3, "ab…")]
    [InlineData("a😀b", 2, "a…")]
    [InlineData("\u202ea\n😀", 4, "\ufffda\ufffd😀")]
    public void VisibleText_long_isCutBetweenCharacters(string text, int limit, string expected) => Assert.Equal(expected, VisibleText.Of(text, limit));

    [Fact]
    public async Task WriteReportAsync_spikeNaNAndInfinity_areDrawn()
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync();
        await rig.AppendAsync(run, "m", [.. Enumerable.Range(0, 34_401).Select(i => ((long)i, i switch
        {
            12_340 => 10.0, 20_000 => double.NaN, 25_000 => double.PositiveInfinity, _ => i % 2,
        }))]);
        var html = await rig.WriteReportAsync([run]);
        var path = Regex.Match(html, "class=\"extremes\" d=\"([^\"]+)\"").Groups[1].Value;
        var (x, y) = (0, 0);
        var points = Regex.Matches(path, @"([Ml])(-?\d+) (-?\d+)").Select(m =>
        {
            var (toX, toY) = (int.Parse(m.Groups[2].Value, null), int.Parse(m.Groups[3].Value, null));
            return (x, y) = m.Groups[1].Value == "M" ? (toX, toY) : (x + toX, y + toY);
        }).ToList();
        Assert.Contains((1234, 0), points);
        Assert.Contains("1 NaN at", html, StringComparison.Ordinal);
        Assert.Contains("▲ +∞ first at 25000", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteReportAsync_stepsAndFindings_areShownAsText()
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync();
        var (train, fit) = (new StepId(new RecordId(1001)), new StepId(new RecordId(1002)));
        await rig.CommitAsync(
            StepRecord.Started(train, run, null, "<b>train", StoreRig.Start),
            StepRecord.Started(fit, run, train, "fit", StoreRig.Start.AddSeconds(30)),
            StepRecord.Linked(fit, StepRecord.Input(new StepData("<i>flights", "v<3"))),
            StepRecord.Ended(fit, new RunEnd(RunStatus.Failed, StoreRig.Start.AddSeconds(60), RunEnd.Exception, "<u>cold")),
            StepRecord.Ended(train, new RunEnd(RunStatus.Finished, StoreRig.Start.AddSeconds(120))),
            RunRecord.Logged(run, [RunRecord.Found(new WatchFinding("<p>", "<q>", 7, StoreRig.Start))]));
        var html = await rig.WriteReportAsync([run]);
        Assert.Contains("<h2>Steps</h2>", html, StringComparison.Ordinal);
        Assert.Contains("<bdi>&lt;b&gt;train</bdi></th><td>Finished</td><td class=\"time\">2m</td>", html, StringComparison.Ordinal);
        Assert.Contains("\u00a0\u00a0\u00a0<bdi>fit</bdi></th><td>Failed (exception): &lt;u&gt;cold</td><td class=\"time\">30s</td>", html, StringComparison.Ordinal);
        Assert.Contains("x=\"60\" y=\"1\" width=\"60\"", html, StringComparison.Ordinal);
        Assert.Contains("&lt;i&gt;flights v&lt;3", html, StringComparison.Ordinal);
        Assert.Contains("<bdi>&lt;p&gt;</bdi> at step 7: <bdi>&lt;q&gt;</bdi>", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteReportAsync_best_isMarkedWhereItIsKnownAndNotShared()
    {
        await using var rig = new StoreRig();
        RunId[] runs = [await rig.StartAsync(name: "a"), await rig.StartAsync(name: "b")];
        foreach (var (key, a, b) in (IEnumerable<(string, double, double)>)[("auc", 0.5, 0.75), ("fit_seconds", 2, 3), ("log_loss_reduction", 0.125, 0.25), ("rmse", 4, 4)])
        {
            await rig.AppendAsync(runs[0], key, (0, a));
            await rig.AppendAsync(runs[1], key, (0, b));
        }

        var html = await rig.WriteReportAsync(runs);
        Assert.Equal(["★ 0.75", "★ 0.25"], Regex.Matches(html, "class=\"n best\">([^<]+)<").Select(m => m.Groups[1].Value));
        Assert.Contains("<bdi>fit_seconds</bdi></th><td class=\"n\">2</td><td class=\"n\">3</td>", html, StringComparison.Ordinal);
        Assert.Contains("style-src 'sha256-", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteReportAsync_toAFile_appearsWhole()
    {
        await using var rig = new StoreRig();
        var runs = await HostileAsync(rig);
        await rig.Runs.WriteReportAsync(runs, rig["report.html"]);
        Assert.EndsWith("</html>\n", await File.ReadAllTextAsync(rig["report.html"]), StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => rig.Runs.WriteReportAsync(runs, rig["cancelled.html"], cancellationToken: new CancellationToken(canceled: true)));
        Assert.False(File.Exists(rig["cancelled.html"]));
    }

    [Fact]
    public async Task WriteReportAsync_targetThatNoRunHas_isRefusedBeforeAnythingIsWritten()
    {
        await using var rig = new StoreRig();
        using var stream = new MemoryStream();
        var error = await Assert.ThrowsAsync<ArgumentException>(
            async () => await rig.Runs.WriteReportAsync(await HostileAsync(rig), stream, new ReportOptions { Target = "lost" }));
        Assert.Contains("'lost'", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, stream.Length);
    }

    [Fact]
    public async Task Of_runsOfOneName_areHeadedWithTheirIds()
    {
        await using var rig = new StoreRig();
        RunId[] runs = [await rig.StartAsync(name: "twin"), await rig.StartAsync(name: "twin"), await rig.StartAsync(name: "one")];
        Assert.Equal(["field", $"twin ({runs[0]})", $"twin ({runs[1]})", "one"], RunTable.Of(await rig.Runs.CompareAsync(runs)).Columns);
    }

    private static async Task<RunId[]> HostileAsync(StoreRig rig)
    {
        RunId[] runs =
        [
            await rig.StartAsync(name: "</script><img src=x onerror=\"alert(1)\">"),
            await rig.StartAsync(name: "=1+1,\"|\u202etxt.exe"),
            await rig.StartAsync(name: "plain"),
        ];
        await rig.CommitAsync(RunRecord.Logged(runs[0], [RunRecord.Param("lr", "0.1", 0.1), RunRecord.Tag("<b>", "a\r\nb\u0007'`*")]));
        await rig.CommitAsync(RunRecord.Logged(runs[1], [RunRecord.Param("lr", "0.01", 0.01), RunRecord.Tag("<b>", "😀")]));
        await rig.AppendAsync(runs[0], "loss", (0, 1.5), (1, 1.0 / 3));
        await rig.AppendAsync(runs[1], "loss", (0, 2), (1, double.NaN));
        await rig.AppendAsync(runs[2], "loss", (0, 3), (1, double.NegativeInfinity), (2, 0.75));
        return runs;
    }
}

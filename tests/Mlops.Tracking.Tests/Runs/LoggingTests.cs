using System.Globalization;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Runs;

public sealed class LoggingTests : RigTest
{
    private static readonly int[] Layers = [64, 32];

    [Fact]
    public async Task LogParam_everyKindOfValue_isKeptAsInvariantRoundTripText()
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
        try
        {
            Run.LogParam("double", 1234.5).LogParam("tiny", 0.1 + 0.2).LogParam("float", 0.1f).LogParam("decimal", 1.50m)
                .LogParam("int", -1234567).LogParam("bool", true).LogParam("null", (string?)null).LogParam("text", "1,5 ä\n𝄞")
                .LogParam("empty", "").LogParam("enum", DayOfWeek.Friday).LogParam("nan", double.NaN).LogParam("inf", double.PositiveInfinity)
                .LogParam("time", new DateTimeOffset(2001, 3, 4, 5, 6, 7, TimeSpan.FromHours(2)))
                .LogParam("date", new DateTime(2001, 3, 4, 5, 6, 7, DateTimeKind.Utc))
                .LogParam("span", TimeSpan.FromSeconds(1.5)).LogParam("guid", Guid.Empty)
                .LogParam("layers", Layers).LogParam("mixed", new object?[] { 0.5, true, null, "", Layers }).LogParam("none", new List<string>())
                .LogParam("betas", (0.9, 0.999)).LogParam("range", new Bounds(0.5, 1.5));
            Assert.Equal("de-DE", CultureInfo.CurrentCulture.Name);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["double"] = "1234.5",
                ["tiny"] = "0.30000000000000004",
                ["float"] = "0.1",
                ["decimal"] = "1.50",
                ["int"] = "-1234567",
                ["bool"] = "true",
                ["null"] = "null",
                ["text"] = "1,5 ä\n𝄞",
                ["empty"] = "",
                ["enum"] = "Friday",
                ["nan"] = "NaN",
                ["inf"] = "Infinity",
                ["time"] = "2001-03-04T05:06:07.0000000+02:00",
                ["date"] = "2001-03-04T05:06:07.0000000Z",
                ["span"] = "00:00:01.5000000",
                ["guid"] = "00000000-0000-0000-0000-000000000000",
                ["layers"] = "[64, 32]",
                ["mixed"] = "[0.5, true, null, , [64, 32]]",
                ["none"] = "[]",
                ["betas"] = "(0.9, 0.999)",
                ["range"] = "Bounds { Low = 0.5, High = 1.5 }",
            }.OrderBy(p => p.Key, StringComparer.Ordinal),
            (await FlushedAsync()).Params);
    }

    [Fact]
    public async Task LogParam_sameValueAgain_isFineAlsoAsAnotherType()
    {
        Run.LogParam("trees", 200).LogParam("trees", 200).LogParam("trees", "200").LogParam("trees", 200L);
        var run = await FlushedAsync();
        Assert.Equal("200", run.Params["trees"]);
        Assert.Empty(run.Conflicts);
    }

    [Fact]
    public async Task LogParam_changed_isRefusedAtOnceAndTheFirstStays()
    {
        Run.LogParam("trees", 200);
        var refused = Assert.Throws<ImmutableException>(() => Run.LogParam("trees", 300));
        Assert.Contains("'trees'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'200'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'300'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Run.Id.ToString(), refused.Message, StringComparison.Ordinal);
        var run = await FlushedAsync();
        Assert.Equal("200", run.Params["trees"]);
        Assert.Empty(run.Conflicts);
    }

    [Fact]
    public async Task LogParams_oneOfThemRefused_logsNone()
    {
        Run.LogParam("b", 1);
        Assert.Throws<ImmutableException>(() => Run.LogParams(new Dictionary<string, object?> { ["a"] = 1, ["b"] = 2 }));
        Assert.Throws<ArgumentException>(() => Run.LogParams(new Dictionary<string, object?> { ["c"] = 1, [""] = 2 }));
        Assert.Throws<ImmutableException>(() => Run.LogParams([new("d", 1), new("d", 2)]));
        Run.LogParam("d", 3);
        Assert.Equal(new SortedDictionary<string, string> { ["b"] = "1", ["d"] = "3" }, (await FlushedAsync()).Params);
    }

    [Fact]
    public async Task LogParams_thousandLongValues_allArriveThoughTheyNeedManyFrames()
    {
        var values = Enumerable.Range(0, 1000).ToDictionary(i => $"p{i}", i => (object?)(new string('x', 5000) + i));
        Run.LogParams(values).LogParam("longest", new string('ä', EntityText.MaxValueLength));
        var stored = (await FlushedAsync()).Params;
        Assert.Equal(1001, stored.Count);
        Assert.All(values, v => Assert.Equal(v.Value, stored[v.Key]));
        Assert.Equal(new string('ä', EntityText.MaxValueLength), stored["longest"]);
    }

    [Fact]
    public async Task LogParam_manyThreadsWithTheSameKey_oneWinsAndEveryOtherHearsOfIt()
    {
        var refused = 0;
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            try
            {
                Run.LogParam("contested", i);
            }
            catch (ImmutableException)
            {
                Interlocked.Increment(ref refused);
            }
        });
        Assert.Equal(63, refused);
        Assert.Empty((await FlushedAsync()).Conflicts);
    }

    [Fact]
    public async Task SetTag_again_replaces()
    {
        Run.SetTag("team", "ops").SetTags(new Dictionary<string, string> { ["team"] = "ml", ["stage"] = "dev" }).SetTag("stage", "");
        Assert.Equal(new SortedDictionary<string, string> { ["stage"] = "", ["team"] = "ml" }, (await FlushedAsync()).Tags);
    }

    [Fact]
    public async Task SetTags_oneOfThemRefused_setsNone()
    {
        Assert.Throws<ArgumentException>(() => Run.SetTags([new("a", "1"), new("b\n", "2")]));
        Assert.Empty((await FlushedAsync()).Tags);
    }

    [Fact]
    public async Task LogMetric_specialValuesStepsAndTimes_areKeptExactly()
    {
        var time = new DateTimeOffset(2001, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(67_891_230);
        double[] values = [1.5, double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.0, double.Epsilon, double.MaxValue];
        for (var i = 0; i < values.Length; i++)
            Run.LogMetric("m", values[i], step: i, time: time.AddSeconds(i));
        Run.LogMetric("m", 7, step: 3, time: time).LogMetric("m", 7, step: 3, time: time).LogMetric("m", 8, step: -5, time: time.ToOffset(TimeSpan.FromHours(5)));
        Run.LogMetric("m", 9, step: long.MaxValue, time: DateTimeOffset.MaxValue).LogMetric("m", 10, step: long.MinValue, time: DateTimeOffset.MinValue);

        var run = await FlushedAsync();
        var exact = time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond));
        var expected = values.Select((v, i) => new MetricPoint(i, exact.AddSeconds(i), v)).Concat(
        [
            new(3, exact, 7), new(3, exact, 7), new(-5, exact, 8),
            new(long.MaxValue, DateTimeOffset.MaxValue.AddTicks(-9), 9), new(long.MinValue, DateTimeOffset.MinValue, 10),
        ]).ToList();
        var stored = await Rig.PointsAsync(Run.Id, "m");
        Assert.Equal(expected, stored);
        Assert.Equal(expected.Select(p => BitConverter.DoubleToInt64Bits(p.Value)), stored.Select(p => BitConverter.DoubleToInt64Bits(p.Value)));
        Assert.Equal(expected.OrderBy(p => p.Step).ThenBy(p => p.Time), await Rig.Runs.ReadMetricAsync(Run.Id, "m"));

        var summary = run.Metrics["m"];
        Assert.Equal((12L, 1L, 9.0), (summary.Count, summary.NanCount, summary.Last));
        Assert.Equal((double.NegativeInfinity, 3L), (summary.Min, summary.MinStep));
        Assert.Equal((double.PositiveInfinity, 2L), (summary.Max, summary.MaxStep));
    }

    [Fact]
    public async Task LogMetric_noStepAndTime_isStepZeroAtTheClock()
    {
        await using var rig = new Rig(new Microsoft.Extensions.Time.Testing.FakeTimeProvider(new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        var tracker = rig.Open();
        var run = await tracker.StartRunAsync("e");
        run.LogMetric("m", 1).LogMetric("m", 2);
        await run.FlushAsync();
        var at = new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal([new(0, at, 1), new(0, at, 2)], await rig.PointsAsync(run.Id, "m"));
        Assert.Equal(at, (await rig.Runs.GetAsync(run.Id)).StartTime);
    }

    [Fact]
    public async Task LogMetrics_several_shareStepAndTime()
    {
        Run.LogMetrics(new Dictionary<string, double> { ["loss"] = 0.5, ["auc"] = 0.75 }, step: 4);
        await Run.FlushAsync();
        var loss = Assert.Single(await Rig.PointsAsync(Run.Id, "loss"));
        var auc = Assert.Single(await Rig.PointsAsync(Run.Id, "auc"));
        Assert.Equal((4L, 0.5), (loss.Step, loss.Value));
        Assert.Equal((4L, 0.75), (auc.Step, auc.Value));
        Assert.Equal(loss.Time, auc.Time);
    }

    [Fact]
    public async Task LogMetric_manyThreadsAndKeys_keepsOrderPerThread()
    {
        const int Each = 50_000;
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, t =>
        {
            for (var i = 0; i < Each; i++)
                Run.LogMetric("shared", (t * 1e6) + i, i).LogMetric(string.Create(CultureInfo.InvariantCulture, $"own{t}"), i, i);
        });
        await Run.FlushAsync();
        var shared = await Rig.ValuesAsync(Run.Id, "shared");
        for (var t = 0; t < 4; t++)
        {
            var own = Enumerable.Range(0, Each).Select(i => (double)i);
            Assert.Equal(own, await Rig.ValuesAsync(Run.Id, $"own{t}"));
            Assert.Equal(own, shared.Where(v => (int)(v / 1e6) == t).Select(v => v - (t * 1e6)));
        }

        Assert.Equal(4 * Each, shared.Length);
        await Rig.AssertSoundAsync();
    }

    [Fact]
    public async Task FlushAsync_nothingToDo_isDurable() =>
        Assert.Equal((true, 0L, 0L, null), ((await Run.FlushAsync()) is var r ? (r.IsDurable, r.Pending, r.DroppedPoints, r.Cause) : default));

    [Fact]
    public async Task StartRunAsync_options_areKept()
    {
        await using var child = await Tracker.StartRunAsync(
            "flights",
            new RunOptions { Name = "fold 1", Parent = Run.Id, Tags = new Dictionary<string, string> { ["fold"] = "1" } });
        await using var other = await Tracker.StartRunAsync("flights", new RunOptions { Parent = child.Id });
        await child.FlushAsync();
        var page = await Rig.Runs.QueryAsync(new RunQuery { Filter = RunFilter.Parent(Run.Id) });
        var stored = Assert.Single(page.Runs);
        Assert.Equal((child.Id, "fold 1", (RunId?)Run.Id, "1"), (stored.Id, stored.Name, stored.ParentId, stored.Tags["fold"]));
        Assert.Equal((RunStatus.Running, LifecycleStage.Active, (RecordId?)Tracker.Writer), (stored.Status, stored.Stage, stored.Owner));
        Assert.Null(stored.EndTime);
        Assert.Equal("flights", child.Experiment);
        Assert.Matches("^[a-z]+-[a-z]+-[0-9]{2}$", other.Name);
        Assert.Equal(3, (await Rig.Runs.QueryAsync(new RunQuery { Experiment = "flights" })).Runs.Count);
    }

    [Fact]
    public void LogParam_sequenceWithoutEnd_isRefused() =>
        Assert.Throws<ArgumentException>(() => Run.LogParam("endless", Enumerable.Repeat(1, int.MaxValue)));

    private async Task<Run> FlushedAsync()
    {
        Assert.True((await Run.FlushAsync()).IsDurable);
        return await Rig.Runs.GetAsync(Run.Id);
    }

    private sealed record Bounds(double Low, double High);
}

using Microsoft.Extensions.Logging;
using Mlops.Metadata;

namespace Mlops.Tracking.Tests;

public sealed class RunLoggerTests : RigTest
{
    private static readonly string[] Steps = ["Epoch 1", "Epoch 2"];

    [Fact]
    public async Task Log_lines_comeBackAsTheyWere()
    {
        var logger = Run.CreateLoggerProvider().CreateLogger("Flights.Training");
        Say(logger, "Epoch 1", LogLevel.Information, id: 7);
        using (logger.BeginScope("fold 3"))
        using (logger.BeginScope("epoch 2"))
            Say(logger, "diverged", LogLevel.Error, new InvalidOperationException("NaN; password=hunter2"));
        Say(logger, "nothing", LogLevel.None);
        await Run.FlushAsync();

        var lines = await LinesAsync();
        Assert.Equal(2, lines.Count);
        Assert.Equal((1, LogLineLevel.Information, "Flights.Training", 7), (lines[0].Position, lines[0].Level, lines[0].Category, lines[0].EventId));
        Assert.Null(lines[0].Scope);
        Assert.Null(lines[0].Exception);
        Assert.Equal(("diverged", "fold 3 => epoch 2", LogLineLevel.Error), (lines[1].Message, lines[1].Scope, lines[1].Level));
        Assert.StartsWith("System.InvalidOperationException: NaN; password=***", lines[1].Exception, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two\nlines \"quoted\" \\ and \t tabs \u0000 \u001f")]
    [InlineData("Ærø 日本 😀")]
    public async Task Log_anyText_comesBack(string text)
    {
        Say(Logger(), text, LogLevel.Debug);
        await Run.FlushAsync();

        Assert.Equal(text, Assert.Single(await LinesAsync()).Message);
    }

    [Fact]
    public async Task Log_halfASurrogatePair_isReplaced()
    {
        Say(Logger(), "a\uD83D", LogLevel.Debug);
        await Run.FlushAsync();

        Assert.Equal("a\uFFFD", Assert.Single(await LinesAsync()).Message);
    }

    [Fact]
    public async Task Log_hugeLine_isCut()
    {
        Say(Logger(), new string('"', 500_000), LogLevel.Debug, new InvalidOperationException(new string('"', 500_000)));
        await Run.FlushAsync();

        var line = Assert.Single(await LinesAsync());
        Assert.Equal(RunLog.MostCharacters + 1, line.Message.Length);
        Assert.Equal(RunLog.MostCharacters + 1, line.Exception!.Length);
    }

    [Fact]
    public async Task Log_fromManyThreads_keepsEveryLineOnce()
    {
        var logger = Logger();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < 2_000; i++)
                Say(logger, $"{t} {i}");
        })));
        await Run.FlushAsync();

        var lines = await LinesAsync();
        Assert.Equal(16_000, lines.Count);
        Assert.Equal(Enumerable.Range(1, 16_000), lines.Select(l => (int)l.Position));
        for (var t = 0; t < 8; t++)
            Assert.Equal(Enumerable.Range(0, 2_000).Select(i => $"{t} {i}"), lines.Select(l => l.Message).Where(m => m.StartsWith($"{t} ", StringComparison.Ordinal)));
        await Rig.AssertSoundAsync();
    }

    [Fact]
    public async Task ReadLogAsync_parts_areWhatWasAskedFor()
    {
        var logger = Logger();
        for (var i = 1; i <= 1_000; i++)
            Say(logger, $"line {i} {new string('.', 200)}", i % 100 == 0 ? LogLevel.Warning : LogLevel.Information);
        await Run.FlushAsync();

        Assert.Equal([999, 1000], (await LinesAsync(new LogQuery { Last = 2 })).Select(l => l.Position));
        Assert.Equal([900, 1000], (await LinesAsync(new LogQuery { Last = 200, MinLevel = LogLineLevel.Warning })).Select(l => l.Position));
        Assert.Equal([998, 999, 1000], (await LinesAsync(new LogQuery { AfterPosition = 997 })).Select(l => l.Position));
        Assert.StartsWith("line 998 ", (await LinesAsync(new LogQuery { AfterPosition = 997 }))[0].Message, StringComparison.Ordinal);
        Assert.Equal(1_000, (await LinesAsync(new LogQuery { Last = 5_000 })).Count);
        Assert.Empty(await LinesAsync(new LogQuery { AfterPosition = 5_000 }));
        Assert.Empty(await LinesAsync(new LogQuery { Last = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => { Catalog.ReadLogAsync(Run.Id, new LogQuery { Last = -1 }); });
        Assert.Throws<ArgumentException>(() => { Catalog.ReadLogAsync(default); });
    }

    [Fact]
    public async Task Log_ofTheSdkItself_isLeftOut()
    {
        using var provider = Run.CreateLoggerProvider();
        Assert.False(provider.CreateLogger("Mlops.Sdk.MlopsClient").IsEnabled(LogLevel.Critical));
        Say(provider.CreateLogger("Mlops.Sdk.MlopsClient"), "trouble", LogLevel.Critical);
        Say(provider.CreateLogger("Mlops.SdkUser"), "mine", LogLevel.Critical);
        await Run.FlushAsync();

        Assert.Equal("mine", Assert.Single(await LinesAsync()).Message);
    }

    [Fact]
    public async Task Log_afterTheRunEnded_isIgnored()
    {
        var logger = Logger();
        Say(logger, "before");
        await Run.CompleteAsync();
        Assert.False(logger.IsEnabled(LogLevel.Critical));
        Say(logger, "after");
        await Tracker.DisposeAsync();
        Say(logger, "long after");

        Assert.Equal("before", Assert.Single(await LinesAsync()).Message);
    }

    [Fact]
    public async Task Log_afterTheRunEnded_letsGoOfTheRun()
    {
        var (logger, ended) = await LogToAnotherRunAsync();
        Say(logger, "after");

        // the drainer may be looking at it just now
        await Rig.UntilAsync(() =>
        {
            GC.Collect();
            return Task.FromResult(!ended.IsAlive);
        });
        GC.KeepAlive(logger);
    }

    [Fact]
    public async Task Log_runRestored_isTakenAgain()
    {
        var logger = Logger();
        await Run.FlushAsync();
        await Catalog.DeleteAsync(Run.Id);
        Say(logger, "while deleted");
        await Catalog.RestoreAsync(Run.Id);
        Say(logger, "restored");
        await Run.FlushAsync();

        Assert.Equal("restored", Assert.Single(await LinesAsync()).Message);
    }

    [Fact]
    public async Task Log_whileTheStoreIsAway_arrivesLater()
    {
        await Run.FlushAsync();
        Rig.Store.IsAway = true;
        foreach (var step in Steps)
            Say(Logger(), step);
        Rig.Store.IsAway = false;
        await Rig.FlushUntilDrainedAsync(Tracker);

        Assert.Equal(Steps, (await LinesAsync()).Select(l => l.Message));
    }

    [Fact]
    public async Task LogLines_areNoMetrics()
    {
        Say(Logger(), "line");
        Run.LogMetric("log", 1);
        await Run.CompleteAsync();

        Assert.Equal(["log"], (await Rig.Runs.GetAsync(Run.Id)).Metrics.Keys);
        await foreach (var change in Catalog.WatchAsync(Run.Id))
            Assert.Equal(["log"], change.Points.Keys);
    }

    internal static void Say(ILogger logger, string text, LogLevel level = LogLevel.Information, Exception? exception = null, int id = 0) =>
        logger.Log(level, id, text, exception, (t, _) => t);

    private async Task<(ILogger Logger, WeakReference Run)> LogToAnotherRunAsync()
    {
        await using var run = await Tracker.StartRunAsync("flights");
        var logger = run.CreateLoggerProvider().CreateLogger("Flights");
        Say(logger, "before");
        await run.CompleteAsync();
        Assert.Equal("before", Assert.Single(await ReadAsync(Rig, run.Id)).Message);
        return (logger, new WeakReference(run));
    }

    private ILogger Logger() => Run.CreateLoggerProvider().CreateLogger("Flights");

    private Task<List<LogLine>> LinesAsync(LogQuery? query = null) => ReadAsync(Rig, Run.Id, query);

    internal static async Task<List<LogLine>> ReadAsync(Rig rig, RunId run, LogQuery? query = null)
    {
        List<LogLine> lines = [];
        await foreach (var line in rig.Runs.ReadLogAsync(run, query))
            lines.Add(line);
        return lines;
    }
}

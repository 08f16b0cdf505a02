using System.Text;
using Microsoft.Extensions.Logging;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Journal;

public sealed class TextFrameTests
{
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(7)]
    public async Task Read_textsAndPoints_comeInOrderOverManySegments(int mostUnits)
    {
        await using var rig = new JournalRig();
        var log = rig.Journal.NewKey(JournalRig.Run.Value, "log", LogRecord.Series);
        var metric = rig.Journal.NewKey(JournalRig.Run.Value, "m", RunRecord.MetricSeries("m"));
        for (var i = 0; i < 3_000; i++)
        {
            Assert.True(rig.Journal.WriteText(log, i, i * 10, Encoding.UTF8.GetBytes(Text(i))));
            Assert.True(rig.Journal.WritePoint(metric, i, i * 10, i));
        }

        List<(long Step, long Time, string Text)> texts = [];
        List<double> numbers = [];
        rig.Read(
            batch =>
            {
                foreach (var append in batch.Appends)
                {
                    var points = append.Points;
                    Assert.Equal(append.Name == LogRecord.Series ? SeriesType.Text : SeriesType.Number, points.Type);
                    numbers.AddRange(points.Numbers.ToArray());
                    texts.AddRange(points.Texts.ToArray().Select((t, i) => (points.Steps.Span[i], points.Times.Span[i], t)));
                }
            },
            mostUnits);
        Assert.Equal(Enumerable.Range(0, 3_000).Select(i => ((long)i, i * 10L, Text(i))), texts);
        Assert.Equal(Enumerable.Range(0, 3_000).Select(i => (double)i), numbers);
    }

    [Fact]
    public async Task WriteText_largerThanAFrame_isRefused()
    {
        await using var rig = new JournalRig();
        var key = rig.Journal.NewKey(JournalRig.Run.Value, "log", LogRecord.Series);

        Assert.Throws<ArgumentException>(() => rig.Journal.WriteText(key, 0, 0, new byte[Mlops.Tracking.Journal.MaxPayloadBytes]));
        Assert.True(rig.Journal.WriteText(key, 0, 0, new byte[Mlops.Tracking.Journal.MaxPayloadBytes - Mlops.Tracking.Journal.EntryHeadBytes]));
    }

    [Fact]
    public async Task Recover_textsOfADeadWriter_areTakenOnce()
    {
        await using var rig = new Rig();
        var run = await rig.Open().StartRunAsync("flights");
        await run.FlushAsync();
        var writer = new RecordId(5);
        var folder = WriterFolder.Create(rig.JournalPath, writer);
        using (var supply = new SegmentSupply(folder.Path, 1 << 28, () => { }, null))
        {
            var journal = new Mlops.Tracking.Journal(supply, writer, TimeProvider.System);
            var key = journal.NewKey(run.Id.Value, "log", LogRecord.Series);
            for (var i = 0; i < 2_000; i++)
                journal.WriteText(key, i, i, Encoding.UTF8.GetBytes(Text(i)));
            journal.Release();
        }

        folder.Dispose();
        Assert.Equal(new JournalRecovery(writer, 2_000, 0, 0, 0, 0), Assert.Single(await rig.RecoverAsync()));
        Assert.Empty(await rig.RecoverAsync());
        List<string> texts = [];
        await foreach (var points in rig.Real.ReadSeriesAsync(run.Id.Value, LogRecord.Series, SeriesRange.All))
            texts.AddRange(points.Texts.ToArray());
        Assert.Equal(Enumerable.Range(0, 2_000).Select(Text), texts);
    }

    [Fact]
    public async Task Log_moreTextThanAPassHolds_allArrives()
    {
        await using var rig = new Rig();
        var run = await rig.Open(o => o with { DrainInterval = TimeSpan.FromHours(1), LeaseTime = TimeSpan.FromDays(1) }).StartRunAsync("flights");
        var logger = run.CreateLoggerProvider().CreateLogger("Flights");
        var text = new string('x', 19_990);
        for (var i = 0; i < 1_500; i++)
            logger.Log(LogLevel.Information, i, text, null, (t, _) => t);
        Assert.True((await run.FlushAsync()).IsDurable);

        var ids = new List<int>();
        await foreach (var line in rig.Runs.ReadLogAsync(run.Id))
        {
            Assert.Equal(text, line.Message);
            ids.Add(line.EventId);
        }

        Assert.Equal(Enumerable.Range(0, 1_500), ids);
        await rig.AssertSoundAsync();
    }

    private static string Text(int i) => $"{i} {new string('é', i % 200)}";
}

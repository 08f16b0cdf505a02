using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Mlops.Sdk.Tests.Telemetry;

// the meter and the activity source are the process's own, so nothing else may run meanwhile
[Collection(ProcessWide.Name)]
public sealed class TelemetryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Meter_oneRun_countsRunsPointsAndBytes()
    {
        var sums = new ConcurrentDictionary<string, double>();
        var units = new ConcurrentDictionary<string, string?>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name != "Mlops.Tracking")
                    return;
                units[instrument.Name] = instrument.Unit;
                l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((i, value, _, _) => sums.AddOrUpdate(i.Name, value, (_, sum) => sum + value));
        listener.SetMeasurementEventCallback<double>((i, _, _, _) => sums.AddOrUpdate(i.Name, 1, (_, count) => count + 1));

        await using (var mlops = await _folder.OpenAsync())
        {
            listener.Start();
            await using var run = await mlops.StartRunAsync("metered");
            Assert.Equal(1, sums["mlops.runs.active"]);
            for (var step = 0; step < 25; step++)
                run.LogMetric("loss", 1.0 / (step + 1), step);
            await run.LogTextAsync("0123456789", "ten.txt");
            await run.CompleteAsync();
        }

        Assert.Equal(0, sums["mlops.runs.active"]);
        Assert.Equal(25, sums["mlops.points"]);
        Assert.Equal(10, sums["mlops.artifact.size"]);
        Assert.True(sums["mlops.drain.duration"] >= 1);
        Assert.False(sums.ContainsKey("mlops.points.dropped"));
        Assert.Equal(
            new Dictionary<string, string?>
            {
                ["mlops.artifact.size"] = "By",
                ["mlops.drain.duration"] = "s",
                ["mlops.points"] = "{point}",
                ["mlops.points.dropped"] = "{point}",
                ["mlops.runs.active"] = "{run}",
            },
            units.OrderBy(u => u.Key, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Activities_oneRun_tellArtifactsDrainsAndTheEnd()
    {
        var stopped = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Mlops.Tracking",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var file = _folder["model.bin"];
        await File.WriteAllTextAsync(file, "model");

        await using (var mlops = await _folder.OpenAsync())
        {
            await using var run = await mlops.StartRunAsync("traced");
            run.LogMetric("loss", 1).LogMetric("loss", 2);
            await run.LogArtifactAsync(file);
            await run.CompleteAsync();
        }

        Assert.Contains(stopped, a => a.OperationName == "mlops.artifact.log");
        var end = Assert.Single(stopped, a => a.OperationName == "mlops.run.end");
        Assert.Equal("Finished", end.GetTagItem("mlops.run.status"));
        var drains = stopped.Where(a => a.OperationName == "mlops.drain").ToList();
        Assert.Equal(2, drains.Sum(a => a.GetTagItem("mlops.points") is int points ? points : 0));
        Assert.Equal(["mlops.artifact.log", "mlops.drain", "mlops.run.end"], stopped.Select(a => a.OperationName).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Logger_runNotCompleted_warnsWithItsId()
    {
        using var loggers = new RecordingLoggers();
        string id;
        await using (var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = _folder.Store, LoggerFactory = loggers }))
        await using (var run = await mlops.StartRunAsync("forgotten"))
            id = run.Id.ToString();

        var opened = Assert.Single(loggers.Entries, e => e.Id.Id == 5000);
        Assert.Equal((LogLevel.Information, "Opened"), (opened.Level, opened.Id.Name));
        var warning = Assert.Single(loggers.Entries, e => e.Id.Id == 4005);
        Assert.Equal((LogLevel.Warning, "NotCompleted"), (warning.Level, warning.Id.Name));
        Assert.Contains(id, warning.Text, StringComparison.Ordinal);
        Assert.Equal(2, loggers.Entries.Count);
    }
}

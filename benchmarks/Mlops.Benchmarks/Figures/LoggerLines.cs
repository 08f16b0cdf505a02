using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Mlops.Benchmarks.Baselines;

namespace Mlops.Benchmarks.Figures;

/// <summary>Lines of a training, through <see cref="ILogger"/> onto a run or into a file, until all of them are on the disk.</summary>
internal sealed partial class LoggerLines : Figure
{
    private const int Lines = 200_000;

    public override string Name => "logger";

    public override string Unit => "lines/s";

    public override string BaselineName => "file-logger";

    public override Bound Bound => Bound.AtLeast(0.5);

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        await using var session = await LoggingSession.StartAsync(workspace.NewPath("store"));
        await session.Run.FlushAsync();
        using var provider = session.Run.CreateLoggerProvider();
        var logger = provider.CreateLogger("Flights.Training");
        var start = Stopwatch.GetTimestamp();
        LogAll(logger);
        var called = Stopwatch.GetElapsedTime(start);
        await session.Run.FlushAsync();
        var durable = Stopwatch.GetElapsedTime(start);

        var stored = 0;
        await foreach (var line in session.Client.Runs.ReadLogAsync(session.Run.Id))
            stored++;
        MustBeZero("lines lost", Lines - stored);
        Note($"{Lines / called.TotalSeconds:F0} lines/s until the last call returned");
        return Lines / durable.TotalSeconds;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        using var provider = new FileLoggerProvider(workspace.NewPath("log.txt"));
        var logger = provider.CreateLogger("Flights.Training");
        var start = Stopwatch.GetTimestamp();
        LogAll(logger);
        provider.Flush();
        return Task.FromResult<double?>(Lines / Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static void LogAll(ILogger logger)
    {
        for (var i = 0; i < Lines; i++)
            Trained(logger, i / 1000, i % 1000, 0.69 / (1 + i), i * 12L);
    }

    [LoggerMessage(1, LogLevel.Information, "Epoch {Epoch}, batch {Batch} of 1000: loss {Loss}, {Rows} rows so far.")]
    private static partial void Trained(ILogger logger, int epoch, int batch, double loss, long rows);
}

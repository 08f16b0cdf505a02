using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Tracking;

namespace Mlops.Benchmarks;

/// <summary>A client and one open run, used as a training program uses them.</summary>
internal sealed class LoggingSession : IAsyncDisposable
{
    private readonly MlopsClient _mlops;

    private LoggingSession(MlopsClient mlops, ActiveRun run)
    {
        _mlops = mlops;
        Run = run;
    }

    public ActiveRun Run { get; }

    public static async Task<LoggingSession> StartAsync(string path)
    {
        var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = path });
        return new LoggingSession(mlops, await mlops.StartRunAsync("figures"));
    }

    /// <summary>Completes the run. A figure that was reached by losing points is none, so this throws if any was dropped.</summary>
    public async Task<RunId> CompleteAsync(long points)
    {
        await Run.CompleteAsync();
        var stored = await _mlops.Runs.GetAsync(Run.Id);
        var kept = stored.Metrics.Values.Sum(metric => metric.Count);
        return stored.DroppedPoints == 0 && kept == points
            ? stored.Id
            : throw new InvalidOperationException($"{points} points were logged, {kept} are stored, {stored.DroppedPoints} were dropped.");
    }

    public async ValueTask DisposeAsync()
    {
        await Run.DisposeAsync();
        await _mlops.DisposeAsync();
    }
}

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

    /// <summary>Completes the run and returns how many of its points are not in the store; a speed reached by losing points is none.</summary>
    public async Task<long> CompleteAsync(long points)
    {
        await Run.CompleteAsync();
        var stored = await _mlops.Runs.GetAsync(Run.Id);
        return points - stored.Metrics.Values.Sum(metric => metric.Count);
    }

    public async ValueTask DisposeAsync()
    {
        await Run.DisposeAsync();
        await _mlops.DisposeAsync();
    }
}

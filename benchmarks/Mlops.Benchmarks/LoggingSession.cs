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

    public MlopsClient Client => _mlops;

    public static Task<LoggingSession> StartAsync(string path) => StartAsync(new MlopsOptions { Path = path });

    public static async Task<LoggingSession> StartAsync(MlopsOptions options)
    {
        var mlops = await MlopsClient.OpenAsync(options);
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

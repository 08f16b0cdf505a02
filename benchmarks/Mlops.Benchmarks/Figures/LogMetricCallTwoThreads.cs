namespace Mlops.Benchmarks.Figures;

/// <summary>Two threads that log into one run, each its own metric: what a call costs each of them.</summary>
internal sealed class LogMetricCallTwoThreads : Figure
{
    private static readonly string[] Keys = ["train_loss", "test_loss"];
    private readonly LossCurve _loss = new(LoggingLoop.Block);

    public override string Name => "log-metric-call-2t";

    public override string Unit => "ns";

    public override string BaselineName => "mapped-append-1t";

    public override Bound Bound => Bound.AtMost(6);

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        await using var session = await LoggingSession.StartAsync(workspace.NewPath("store"));
        var results = new LoggingLoop.Result[Keys.Length];
        using var start = new Barrier(Keys.Length);
        var threads = Keys.Select((key, i) => new Thread(() =>
        {
            start.SignalAndWait();
            results[i] = LoggingLoop.LogFor(TimeSpan.FromSeconds(2), session.Run, key, _loss.Values);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        MustBeZero("points lost", await session.CompleteAsync(results.Sum(result => result.Calls)));
        return results.Average(result => result.NanosecondsPerCall);
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace) =>
        Task.FromResult<double?>(LoggingLoop.AppendFor(TimeSpan.FromSeconds(0.5), workspace.NewPath("mapped"), _loss.Values));
}

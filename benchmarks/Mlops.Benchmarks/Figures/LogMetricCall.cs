namespace Mlops.Benchmarks.Figures;

/// <summary>What one call costs the training loop while the drainer works beside it.</summary>
internal sealed class LogMetricCall : Figure
{
    private readonly LossCurve _loss = new(LoggingLoop.Block);

    public override string Name => "log-metric-call";

    public override string Unit => "ns";

    public override string BaselineName => "mapped-append";

    public override Bound Bound => Bound.AtMost(2.5);

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var path = workspace.NewPath("store");
        await using var session = await LoggingSession.StartAsync(path);

        // the first point of a metric makes its series; all later ones are the calls that count
        session.Run.LogMetric("loss", 0);
        var result = LoggingLoop.LogFor(TimeSpan.FromSeconds(2), session.Run, "loss", _loss.Values);
        MustBeZero("bytes allocated per call", (double)result.AllocatedBytes / result.Calls);
        MustBeZero("points lost", await session.CompleteAsync(result.Calls + 1));
        return result.NanosecondsPerCall;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace) =>
        Task.FromResult<double?>(LoggingLoop.AppendFor(TimeSpan.FromSeconds(0.5), workspace.NewPath("mapped"), _loss.Values));
}

using System.Diagnostics;

namespace Mlops.Benchmarks.Figures;

/// <summary>What an open run costs while nothing is logged: leases, the drainer's timer and the runtime itself.</summary>
internal sealed class IdleCost : Figure
{
    public override string Name => "idle-cost";

    public override string Unit => "%";

    public override string BaselineName => "none";

    public override Bound Bound => Bound.AtMost(0.5);

    public override int WarmUps => 0;

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        await using var session = await LoggingSession.StartAsync(workspace.NewPath("store"));
        session.Run.LogMetric("loss", 0.5);
        await session.Run.FlushAsync();

        // the compiler's background work for the calls above is not what an idle run costs
        await Task.Delay(TimeSpan.FromSeconds(1));
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        var start = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(10));
        process.Refresh();
        return (process.TotalProcessorTime - before) / Stopwatch.GetElapsedTime(start) * 100;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace) => Task.FromResult<double?>(null);
}

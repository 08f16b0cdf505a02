using System.Diagnostics;
using Mlops.Git;
using Mlops.Sdk;

namespace Mlops.Benchmarks.Figures;

/// <summary>What an open run costs in 20 seconds, with everything captured and the metrics of the process on.</summary>
internal sealed class IdleCostFull : Figure
{
    public override string Name => "idle-cost-full";

    public override string Unit => "%";

    public override string BaselineName => "none";

    public override Bound Bound => Bound.AtMost(0.5);

    public override int WarmUps => 0;

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        await using var session = await LoggingSession.StartAsync(new MlopsOptions { Path = workspace.NewPath("store") }.UseGit());
        session.Run.LogMetric("loss", 0.5);
        await session.Run.FlushAsync();

        // the compiler's background work for the first look at the process is not what an idle run costs
        await Task.Delay(TimeSpan.FromSeconds(2));
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        var start = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(20));
        process.Refresh();
        var cost = (process.TotalProcessorTime - before) / Stopwatch.GetElapsedTime(start) * 100;
        await session.Run.FlushAsync();
        var stored = await session.Client.Runs.GetAsync(session.Run.Id);
        MustBeZero("of 2 points of the process missing", Math.Max(0, 2 - stored.SystemMetrics["system/cpu_percent"].Count));
        return cost;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace) => Task.FromResult<double?>(null);
}

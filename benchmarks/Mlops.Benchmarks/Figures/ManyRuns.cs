using System.Diagnostics;
using Mlops.Benchmarks.Baselines;
using Mlops.Sdk;

namespace Mlops.Benchmarks.Figures;

/// <summary>Short runs, eight at a time, each durable when it is completed: what a parameter search does.</summary>
internal sealed class ManyRuns : Figure
{
    private const int AtATime = 8;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);
    private static readonly string[] Keys = [.. Enumerable.Range(0, 10).Select(i => $"metric_{i}")];

    public override string Name => "many-runs";

    public override string Unit => "runs/s";

    public override string BaselineName => "sqlite-commits";

    public override Bound Bound => Bound.AtLeast(0.8);

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        await using var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = workspace.NewPath("store") });
        var start = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, AtATime).Select(_ => Task.Run(() => RunUntilAsync(mlops, start))));
        return counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        using var table = PointTable.Create(workspace.NewPath("points.db"), "WAL");
        var commits = 0;
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Duration)
            table.Insert(transaction: null, key: 1, step: commits++, time: start, value: 0.5);
        return Task.FromResult<double?>(commits / Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static async Task<int> RunUntilAsync(MlopsClient mlops, long start)
    {
        var runs = 0;
        for (; Stopwatch.GetElapsedTime(start) < Duration; runs++)
        {
            await using var run = await mlops.StartRunAsync("figures");
            for (var i = 0; i < Keys.Length; i++)
                run.LogMetric(Keys[i], i);
            await run.CompleteAsync();
        }

        return runs;
    }
}

using System.Diagnostics;
using Mlops.Benchmarks.Baselines;
using Mlops.Sdk;

namespace Mlops.Benchmarks.Figures;

/// <summary>Open an existing store, start a run, log a point and close everything, in a warm process: what a script pays.</summary>
internal sealed class OpenToFirstPoint : Figure
{
    private const int Repeats = 20;
    private string _store = "";
    private string _table = "";

    public override string Name => "open-to-first-point";

    public override string Unit => "ms";

    public override string BaselineName => "sqlite-open-insert-close";

    public override Bound Bound => Bound.AtMost(4);

    public override int Rounds => 5;

    public override async Task PrepareAsync(Workspace workspace)
    {
        _store = workspace.NewPath("store");
        _table = workspace.NewPath("points.db");
        await OpenLogCloseAsync();
        PointTable.Create(_table, "WAL").Dispose();
    }

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Repeats; i++)
            await OpenLogCloseAsync();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds / Repeats;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Repeats; i++)
        {
            using var table = PointTable.Open(_table);
            table.Insert(transaction: null, key: 1, step: i, time: start, value: 0.5);
        }

        return Task.FromResult<double?>(Stopwatch.GetElapsedTime(start).TotalMilliseconds / Repeats);
    }

    private async Task OpenLogCloseAsync()
    {
        await using var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = _store });
        await using var run = await mlops.StartRunAsync("figures");
        run.LogMetric("loss", 0.5);
    }
}

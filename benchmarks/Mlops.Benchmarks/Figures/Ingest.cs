using System.Diagnostics;
using Mlops.Benchmarks.Baselines;

namespace Mlops.Benchmarks.Figures;

/// <summary>Ten million points over ten metrics, from the first call until all are durable and can be queried.</summary>
internal sealed class Ingest : Figure
{
    private const int Points = 10_000_000;
    private const int Rows = 2_000_000;
    private static readonly string[] Keys = [.. Enumerable.Range(0, 10).Select(i => $"metric_{i}")];
    private readonly LossCurve _loss = new(1 << 16);

    public override string Name => "ingest";

    public override string Unit => "points/s";

    public override string BaselineName => "sqlite-rows";

    public override Bound Bound => Bound.AtLeast(12);

    // ten million calls warm themselves up
    public override int WarmUps => 0;

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        await using var session = await LoggingSession.StartAsync(workspace.NewPath("store"));
        var values = _loss.Values.ToArray();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Points; i++)
            session.Run.LogMetric(Keys[i % Keys.Length], values[i % values.Length], step: i / Keys.Length);
        await session.Run.FlushAsync();
        var elapsed = Stopwatch.GetElapsedTime(start);

        MustBeZero("points lost", await session.CompleteAsync(Points));
        return Points / elapsed.TotalSeconds;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        using var table = PointTable.Create(workspace.NewPath("points.db"), "DELETE");
        var values = _loss.Values;
        var start = Stopwatch.GetTimestamp();
        using (var transaction = table.Begin())
        {
            for (var i = 0; i < Rows; i++)
                table.Insert(transaction, i % Keys.Length, i / Keys.Length, Stopwatch.GetTimestamp(), values[i % values.Length]);
            transaction.Commit();
        }

        return Task.FromResult<double?>(Rows / Stopwatch.GetElapsedTime(start).TotalSeconds);
    }
}

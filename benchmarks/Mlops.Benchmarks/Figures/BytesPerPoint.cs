using Mlops.Benchmarks.Baselines;

namespace Mlops.Benchmarks.Figures;

/// <summary>The size of the database, all in, for one long curve as a training logs it.</summary>
internal sealed class BytesPerPoint : Figure
{
    private const int Points = 2_000_000;
    private readonly LossCurve _loss = new(Points);

    public override string Name => "bytes-per-point";

    public override string Unit => "bytes";

    public override string BaselineName => "sqlite-rows";

    public override Bound Bound => Bound.AtMost(0.2);

    // the values are seeded, so that the baseline is the same each time
    public override int BaselineRounds => 1;

    public override int WarmUps => 0;

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var path = workspace.NewPath("store");
        await using (var session = await LoggingSession.StartAsync(path))
        {
            _loss.ForEach((step, time, value) => session.Run.LogMetric("loss", value, step, time));
            MustBeZero("points lost", await session.CompleteAsync(Points));
        }

        var files = Directory.GetFiles(path, "*.db*").Select(file => new FileInfo(file)).ToList();
        foreach (var file in files)
            Note($"{file.Name} {file.Length} bytes for {Points} points");
        return (double)files.Sum(file => file.Length) / Points;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        var path = workspace.NewPath("points.db");
        using (var table = PointTable.Create(path, "DELETE"))
        {
            using var transaction = table.Begin();
            _loss.ForEach((step, time, value) =>
                table.Insert(transaction, 1, step, time.ToUnixTimeMilliseconds() * 1000, value));
            transaction.Commit();
        }

        return Task.FromResult<double?>((double)new FileInfo(path).Length / Points);
    }
}

using System.Diagnostics;
using Mlops.Benchmarks.Baselines;
using Mlops.MLflow;
using Mlops.Sdk;

namespace Mlops.Benchmarks.Figures;

/// <summary>An <c>mlflow.db</c> brought here, every point durable and compared, against reading its rows and doing nothing with them.</summary>
internal sealed class ImportMlflow : Figure
{
    private const long AllPoints = (long)MlflowDatabase.Runs * MlflowDatabase.Metrics * MlflowDatabase.Points;
    private string _database = "";

    public override string Name => "import-mlflow";

    public override string Unit => "s";

    public override string BaselineName => "reading-its-rows";

    public override Bound Bound => Bound.AtMost(5);

    public override Task PrepareAsync(Workspace workspace)
    {
        _database = workspace.NewPath("mlflow.db");
        MlflowDatabase.Create(_database, Directory.CreateDirectory(workspace.NewPath("artifacts")).FullName);
        return Task.CompletedTask;
    }

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var path = workspace.NewPath("store");
        await using (var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = path }))
        {
            var start = Stopwatch.GetTimestamp();
            var report = await mlops.Context.ImportMlflowAsync(_database);
            var elapsed = Stopwatch.GetElapsedTime(start);

            MustBeZero("problems", report.Problems.Count);
            MustBeZero("points not taken", AllPoints - report.Points.Taken);
            MustBeZero("series not compared", ((long)MlflowDatabase.Runs * MlflowDatabase.Metrics) - report.VerifiedSeries);
            return elapsed.TotalSeconds;
        }
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        var start = Stopwatch.GetTimestamp();
        var count = MlflowDatabase.ReadAll(_database);
        var elapsed = Stopwatch.GetElapsedTime(start);
        MustBeZero("points not read", AllPoints - count);
        return Task.FromResult<double?>(elapsed.TotalSeconds);
    }
}

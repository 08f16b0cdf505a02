using System.Globalization;
using FlightDelays;
using Microsoft.ML;
using Mlops.Metadata;
using Mlops.MicrosoftML;
using Mlops.Sdk;
using Mlops.Tracking;

namespace Sweep;

/// <summary>Tries 30 configurations, each as a child run of one parent, and compares them.</summary>
internal sealed class TreeSweep(MlopsClient mlops)
{
    private const string Experiment = "flights/sweep";
    private const string Metric = "test_auc";

    private static readonly TreeSettings[] Configurations =
    [
        .. from trees in (int[])[20, 40]
           from leaves in (int[])[4, 8, 16, 32, 64]
           from rate in (double[])[0.05, 0.1, 0.2]
           select new TreeSettings(string.Create(CultureInfo.InvariantCulture, $"{trees} trees, {leaves} leaves, {rate}"), trees, leaves, rate),
    ];

    private readonly DelayClassifier _classifier = new(FlightData.Read("2001-01"), FlightData.Read("2001-02"));

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await mlops.Experiments.EnsureAsync(Experiment, cancellationToken);
        await mlops.Experiments.SetGoalAsync(Experiment, Metric, MetricGoal.Maximize, cancellationToken);
        await mlops.RunAsync(
            Experiment,
            async (sweep, token) =>
            {
                sweep.LogParam("configurations", Configurations.Length);
                await SweepProgress.ShowAsync(Configurations, settings => TrainAsync(sweep, settings, token));
                await CompareAsync(sweep, token);
            },
            cancellationToken: cancellationToken);
    }

    private async Task<double> TrainAsync(ActiveRun sweep, TreeSettings settings, CancellationToken cancellationToken)
    {
        await using var run = await sweep.StartChildAsync(new RunOptions { Name = settings.Name }, cancellationToken);
        var test = _classifier.Test;
        var model = await run.FitAsync(
            _classifier.Pipeline(settings),
            _classifier.Train,
            new FitOptions { Curves = new Dictionary<string, IDataView> { ["train"] = _classifier.Train, ["test"] = test }, CurvePoints = 4 },
            cancellationToken);
        var metrics = await run.EvaluateAsync(
            _classifier.Context.BinaryClassification, model.Transform(test), "test", step: settings.Trees, cancellationToken: cancellationToken);
        await run.CompleteAsync(cancellationToken);
        return metrics.AreaUnderRocCurve;
    }

    private async Task CompareAsync(ActiveRun sweep, CancellationToken cancellationToken)
    {
        var page = await mlops.Runs.SearchAsync(
            $"parent = '{sweep.Id}' AND status = 'FINISHED'", $"metrics.{Metric} DESC", limit: Configurations.Length, cancellationToken: cancellationToken);
        var best = page.Runs[0];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"Best of {page.Runs.Count}: {best.Name}, test AUC {best.Metrics[Metric].Last:F4}"));

        var file = Path.GetFullPath("sweep.html");
        await mlops.Runs.WriteReportAsync(
            [.. page.Runs.Select(run => run.Id)], file, new ReportOptions { Title = "Which trees predict late flights?", Target = Metric },
            cancellationToken: cancellationToken);
        await sweep.LogArtifactAsync(file, "sweep.html", cancellationToken: cancellationToken);
        Console.WriteLine($"Comparison: {file}");
    }
}

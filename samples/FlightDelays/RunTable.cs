using System.Globalization;
using Mlops.Metadata;
using Mlops.Sdk;
using Spectre.Console;

namespace FlightDelays;

/// <summary>Shows every run of the experiment, the best first, and where the best model is; the comparison and the best run go into an HTML file each.</summary>
internal static class RunTable
{
    private const int MostCompared = 20;
    private const string Report = "flights.html";
    private const string BestReport = "best-flights.html";

    public static async Task PrintAsync(MlopsClient mlops, CancellationToken cancellationToken)
    {
        var page = await mlops.Runs.QueryAsync(
            new RunQuery
            {
                Experiment = Training.Experiment,
                OrderBy = [RunOrder.Metric("test_auc", descending: true)],
                Limit = 50,
            },
            cancellationToken);

        var table = new Table().Border(TableBorder.Minimal).Title($"{page.Runs.Count} runs of {Training.Experiment}, best first");
        table.AddColumns("run", "started", "status", "trees", "leaves", "rate");
        table.AddColumn(new TableColumn("test\nAUC").RightAligned());
        table.AddColumn(new TableColumn("train\nAUC").RightAligned());
        foreach (var run in page.Runs)
        {
            table.AddRow(
                Markup.Escape(run.Name),
                run.StartTime.ToLocalTime().ToString("MM-dd HH:mm", CultureInfo.InvariantCulture),
                run.Status.ToString(),
                Param(run, "NumberOfTrees"),
                Param(run, "NumberOfLeaves"),
                Param(run, "LearningRate"),
                Metric(run, "test_auc"),
                Metric(run, "train_auc"));
        }

        AnsiConsole.Write(table);
        await mlops.Runs.WriteReportAsync(
            [.. page.Runs.Take(MostCompared).Select(run => run.Id)], Report, new ReportOptions { Title = "Late flights", Target = "test_auc" },
            cancellationToken: cancellationToken);
        Console.WriteLine($"Comparison of the best {Math.Min(MostCompared, page.Runs.Count)}: {Path.GetFullPath(Report)}");
        if (page.Runs.FirstOrDefault(run => run.Status == RunStatus.Finished) is { } best)
            await PrintBestAsync(mlops, best, cancellationToken);
    }

    private static async Task PrintBestAsync(MlopsClient mlops, Run best, CancellationToken cancellationToken)
    {
        var artifacts = await mlops.Runs.ListArtifactsAsync(best.Id, cancellationToken);
        var model = artifacts.Single(artifact => artifact.Path.Value == Training.ModelPath);
        await mlops.Runs.WriteReportAsync([best.Id], BestReport, cancellationToken: cancellationToken);
        Console.WriteLine();
        Console.WriteLine($"Best model: {best.Name}, test AUC {Metric(best, "test_auc")}");
        Console.WriteLine($"  store     {mlops.Location}");
        Console.WriteLine($"  run       {best.Id}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  artifact  {model.Path}, {model.SizeBytes / 1024.0:N0} KiB"));
        Console.WriteLine($"  page      {Path.GetFullPath(BestReport)}");
        Console.WriteLine();
        Console.WriteLine("To get it:");
        Console.WriteLine($"""  var model = await mlops.Runs.LoadModelAsync(mlContext, RunId.Parse("{best.Id}"));""");
    }

    private static string Param(Run run, string key) => run.Params.GetValueOrDefault(key, "–");

    private static string Metric(Run run, string key) =>
        run.Metrics.TryGetValue(key, out var summary) ? summary.Last.ToString("F4", CultureInfo.InvariantCulture) : "–";
}

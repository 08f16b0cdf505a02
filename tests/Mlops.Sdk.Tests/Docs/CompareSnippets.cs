using Mlops.Metadata;
using Mlops.MLflow;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>The code of docs/compare.md and docs/mlflow.md.</summary>
internal static class CompareSnippets
{
    public static async Task CompareAsync(MlopsClient mlops, IReadOnlyList<RunId> ids)
    {
        #region compare
        var comparison = await mlops.Runs.CompareAsync(ids);
        foreach (var param in comparison.Params.Where(p => p.Differs))
            Console.WriteLine($"{param.Key}: {string.Join(", ", param.Values)}");

        RunTable.Of(comparison, onlyDifferences: true).Write(Console.Out, TableFormat.Markdown);
        #endregion

        #region group
        var groups = await mlops.Runs.GroupAsync(
            new RunQuery { Experiment = "flight-delays" }, by: [RunField.Param("trees")], of: [RunField.Metric("auc")]);
        foreach (var group in groups)
            Console.WriteLine($"{group.Key[0]} trees: {group.Count} runs, AUC {group.Aggregates[0].Mean} ± {group.Aggregates[0].Std}");
        #endregion

        #region html report
        await mlops.Runs.WriteReportAsync(ids, "report.html", new ReportOptions { Title = "Which trees?", Target = "auc" });
        #endregion
    }

    public static async Task ImportAsync(MlopsClient mlops)
    {
        #region import mlflow
        var report = await mlops.Context.ImportMlflowAsync(
            "mlflow.db", new MlflowImportOptions { ArtifactRoots = new Dictionary<string, string> { ["/srv/mlflow"] = "copied/mlflow" } });
        Console.WriteLine($"{report.Runs.Taken} runs and {report.Points.Taken} points taken, {report.VerifiedSeries} series compared");
        foreach (var problem in report.Problems)
            Console.WriteLine($"{problem.Place}: {problem.Reason} ({problem.Count})");
        #endregion
    }
}

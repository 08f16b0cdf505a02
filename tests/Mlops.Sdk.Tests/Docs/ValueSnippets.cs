using Mlops.Metadata;
using Mlops.Tracking;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>The code of docs/values.md.</summary>
internal static class ValueSnippets
{
    public static async Task LogAsync(ActiveRun run, byte[] png, double[] weights, double[] scores, bool[] isLate, int epoch)
    {
        #region rich values
        await run.LogAsync("samples", new ImageValue(png), epoch);
        await run.LogAsync("weights", Histogram.Of(weights), epoch);
        await run.LogAsync("test", RocCurve.Of(scores, isLate), epoch);
        await run.LogAsync("test", CalibrationCurve.Of(scores, isLate), epoch);
        await run.LogAsync("classes", new ConfusionMatrix(["late", "on time"], [[50, 7], [3, 90]]), epoch);
        await run.LogAsync("worst", TableValue.Of(scores.Select((score, i) => new { Score = score, IsLate = isLate[i] }).Take(100)), epoch);
        #endregion
    }

    public static async Task<RichValue?> ReadAsync(MlopsClient mlops, RunId run)
    {
        RichValue? last = null;
        #region read rich values
        foreach (var series in await mlops.Runs.ListValuesAsync(run))
            Console.WriteLine($"{series.Kind} {series.Key}: {series.Count} values, steps {series.FirstStep} to {series.LastStep}");

        await foreach (var value in mlops.Runs.StreamValuesAsync(run, RichValueKind.Image, "samples"))
            last = await mlops.Runs.ReadValueAsync(value);
        #endregion

        #region report of rich values
        await mlops.Runs.WriteReportAsync([run], "run.html", new ReportOptions { MaxImages = 20 });
        #endregion
        return last;
    }

    public static async Task<string> CheckpointAsync(MlopsClient mlops, ActiveRun run, string file, int epoch, double auc)
    {
        #region checkpoints
        await run.LogCheckpointAsync(file, epoch, new CheckpointOptions { Score = auc, Metric = "auc", KeepLast = 3 });
        await run.FlushAsync();

        var best = ModelCheckpoint.Best(await mlops.Runs.ListCheckpointsAsync(run.Id))!;
        await mlops.Runs.DownloadArtifactAsync(run.Id, best.File.Path.Value, "best.zip");
        #endregion
        return best.File.Path.Value;
    }
}

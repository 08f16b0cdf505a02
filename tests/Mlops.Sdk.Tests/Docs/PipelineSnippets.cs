using Mlops.Metadata;
using Mlops.Tracking;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>The code of docs/pipelines.md, word for word between the marks; <see cref="DocumentTests"/> compares.</summary>
internal static class PipelineSnippets
{
    public static async Task StepsAsync(MlopsClient mlops, CancellationToken stop)
    {
        #region steps of a pipeline
        await mlops.RunAsync(
            "flight-delays",
            async (run, token) =>
            {
                var rows = await run.StepAsync(
                    "ingest",
                    async (step, ct) =>
                    {
                        step.AddInput("flights", version: "2001-01 to 2001-03");
                        var rows = await ReadAsync(ct);
                        await step.LogTextAsync(rows, "data/rows.csv", ct); // an artifact of the run, an output of the step
                        return rows;
                    },
                    token);

                await run.StepAsync(
                    "train",
                    async (step, ct) =>
                    {
                        step.AddInput("data/rows.csv"); // what an earlier step made, by its name or path
                        for (var fold = 0; fold < 3; fold++)
                            await step.StepAsync($"fold {fold}", (_, foldCt) => FitAsync(rows, foldCt), ct);
                        await step.LogTextAsync("a tree", "model/model.txt", ct);
                    },
                    token);
            },
            cancellationToken: stop);
        #endregion
    }

    public static async Task StepAsync(ActiveRun run)
    {
        #region one step
        var features = await run.StepAsync("featurize", async step =>
        {
            step.AddInput("flights", version: "2001-01");
            await step.LogTextAsync("delay,carrier", "features/columns.txt");
            return 2;
        });
        #endregion

        run.LogParam("features", features);
    }

    public static async Task ReadAsync(MlopsClient mlops, RunId id)
    {
        #region read steps
        foreach (var step in await mlops.Runs.ListStepsAsync(id))
        {
            Console.WriteLine($"{step.Name} (attempt {step.Attempt}): {step.Status} in {step.Duration}");
            foreach (var part in step.Children)
                Console.WriteLine($"  {part.Name}: {part.Status} in {part.Duration}");
        }
        #endregion
    }

    public static async Task WatchAsync(ActiveRun run)
    {
        #region watch the training
        using var watch = run.Watch(
            WatchRule.NotFinite("loss"),
            WatchRule.Diverges("loss", factor: 3, points: 5) with { Cancels = false },
            WatchRule.EarlyStopping("val_auc", patience: 5, minDelta: 0.001),
            WatchRule.Stalled(TimeSpan.FromMinutes(5)));
        watch.Found += finding => Console.WriteLine($"{finding.Rule} at step {finding.Step}: {finding.Reason}");

        for (var epoch = 0; epoch < 100 && !watch.Token.IsCancellationRequested; epoch++)
        {
            var (loss, auc) = await TrainEpochAsync(epoch, watch.Token);
            run.LogMetric("loss", loss, epoch).LogMetric("val_auc", auc, epoch);
        }
        #endregion
    }

    public static async Task<RunPage> FindAsync(MlopsClient mlops)
    {
        #region find what was found
        var stopped = await mlops.Runs.QueryAsync(new RunQuery { Filter = RunFilter.Watch("early_stopping:val_auc").IsPresent() });
        foreach (var run in stopped.Runs)
            Console.WriteLine($"{run.Name}: {run.WatchFindings[0].Reason}");
        #endregion

        return stopped;
    }

    private static Task<string> ReadAsync(CancellationToken cancellationToken) => Task.FromResult("1,2").WaitAsync(cancellationToken);

    private static Task<string> FitAsync(string rows, CancellationToken cancellationToken) => Task.FromResult(rows).WaitAsync(cancellationToken);

    private static Task<(double Loss, double Auc)> TrainEpochAsync(int epoch, CancellationToken cancellationToken) =>
        Task.FromResult((1.0 / (epoch + 1), Math.Min(0.8, epoch / 10.0))).WaitAsync(cancellationToken);
}

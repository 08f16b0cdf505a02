using Mlops.Metadata;
using Mlops.Tracking;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>The code of docs/runs.md, word for word between the marks; <see cref="DocumentTests"/> compares.</summary>
internal static class RunSnippets
{
    public static async Task OrganiseAsync(MlopsClient mlops)
    {
        #region organise experiments
        await mlops.Experiments.EnsureAsync("vision/cats/resnet");
        await mlops.Experiments.SetDescriptionAsync("vision/cats/resnet", "Does depth pay?");
        await mlops.Experiments.SetGoalAsync("vision/cats/resnet", "auc", MetricGoal.Maximize);

        var cats = await mlops.Experiments.ListFolderAsync("vision/cats");
        foreach (var experiment in cats.Experiments)
            Console.WriteLine($"{experiment.ShortName}  {experiment.Description}");
        #endregion
    }

    public static async Task<Run?> SweepAsync(MlopsClient mlops)
    {
        #region sweep
        await mlops.RunAsync("vision/cats/resnet", async sweep =>
        {
            foreach (var depth in (int[])[18, 34, 50])
            {
                await using var run = await sweep.StartChildAsync(new RunOptions { Name = $"depth {depth}" });
                run.LogParam("depth", depth).LogMetric("auc", Train(depth));
                await run.CompleteAsync();
            }

            sweep.SetNotes("Deeper than 50 does not fit.");
        });

        var best = await mlops.Experiments.FindBestRunAsync("vision/cats/resnet", "auc");
        #endregion

        return best;
    }

    public static async Task EditAsync(MlopsClient mlops, Run run)
    {
        #region edit
        await mlops.Runs.RenameAsync(run.Id, "the one we ship");
        await mlops.Runs.SetTagAsync(run.Id, "reviewed", "yes");
        await mlops.Runs.MoveAsync(run.Id, "vision/cats/shipped");
        #endregion
    }

    public static async Task<RunId> ForkAsync(MlopsClient mlops, Run run)
    {
        #region fork
        await using var fork = await mlops.ForkRunAsync(
            run.Id, step: 40, new RunOptions { Params = new Dictionary<string, object?> { ["learning_rate"] = 0.001 } });
        fork.LogMetric("loss", 0.12, step: 41);
        await fork.CompleteAsync();
        #endregion

        return fork.Id;
    }

    public static async Task WatchAsync(MlopsClient mlops, RunId id)
    {
        #region watch
        await foreach (var change in mlops.Runs.WatchAsync(id))
        {
            foreach (var (metric, points) in change.Points)
                Console.WriteLine($"{metric}: {points.Count} more points, the last {points[^1].Value}");
            if (change.Run.Status != RunStatus.Running)
                Console.WriteLine($"{change.Run.Name} is {change.Run.Status}");
        }
        #endregion
    }

    public static async Task RemoveAsync(MlopsClient mlops, RunId id)
    {
        #region delete
        await mlops.Runs.DeleteAsync(id); // hidden
        await mlops.Runs.RestoreAsync(id); // and back
        await mlops.Runs.PurgeAsync(id); // gone for good; only the log stays
        #endregion
    }

    private static double Train(int depth) => 0.5 + (depth / 200.0);
}

using Microsoft.ML;
using Mlops.Metadata;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>Runs the ML.NET code of docs/mlnet.md.</summary>
public sealed class MicrosoftMLDocumentTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public async Task Blocks_run_doWhatThePageSays()
    {
        using var folder = new TemporaryFolder();
        await using var mlops = await folder.OpenAsync();
        var (train, test) = (Houses(200, 1), Houses(100, 2));

        var run = await mlops.Runs.GetAsync(await MicrosoftMLSnippets.TrainAsync(mlops, _ml, train, test));
        Assert.Equal(("FastTreeRegressionTrainer", "5", "200"), (run.Params["trainer"], run.Params["NumberOfTrees"], run.Params["data.rows"]));
        Assert.True(run.Metrics.ContainsKey("test_rmse"));
        Assert.Equal(["mlnet/training.json", "model/model.zip", "model/signature.json"], (await mlops.Runs.ListArtifactsAsync(run.Id)).Select(a => a.Path.Value).Order());
        Assert.NotNull(await MicrosoftMLSnippets.LoadAsync(mlops, _ml, run));

        await mlops.RunAsync("curve", r => MicrosoftMLSnippets.CurveAsync(r, _ml, train, test));
        await mlops.RunAsync("folds", r => MicrosoftMLSnippets.CrossValidateAsync(r, _ml, train));
        await mlops.RunAsync("sweep", r => MicrosoftMLSnippets.SweepAsync(r, _ml, train, test));
        var curve = (await mlops.Runs.QueryAsync(new RunQuery { Experiment = "curve" })).Runs.Single();
        var points = await mlops.Runs.ReadMetricAsync(curve.Id, "test_rmse");
        Assert.Equal(11, points.Count);
        Assert.Equal((1, 10), (points.Min(p => p.Step), points.Max(p => p.Step)));
        Assert.Equal(6, (await mlops.Runs.QueryAsync(new RunQuery { Experiment = "folds" })).Runs.Count);
        Assert.Equal(3, (await mlops.Runs.QueryAsync(new RunQuery { Experiment = "sweep" })).Runs.Count);
    }

    private IDataView Houses(int count, int seed)
    {
        Random random = new(seed);
        return _ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(_ =>
        {
            var (rooms, age) = (random.Next(1, 8), random.Next(0, 60));
            return new MicrosoftMLSnippets.House { Rooms = rooms, Age = age, Price = (rooms * 50) - age };
        }).ToList());
    }
}

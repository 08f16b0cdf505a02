using Microsoft.ML;
using Microsoft.ML.Data;
using Mlops.Metadata;
using Mlops.MicrosoftML;
using Mlops.Onnx;
using Mlops.Tracking;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>The code of docs/mlnet.md.</summary>
internal static class MicrosoftMLSnippets
{
    public static async Task<RunId> TrainAsync(MlopsClient mlops, MLContext ml, IDataView train, IDataView test)
    {
        var pipeline = Pipeline(ml, trees: 5);

        #region mlnet fit
        await using var run = await mlops.StartRunAsync("houses");

        var model = await run.FitAsync(pipeline, train);
        var metrics = await run.EvaluateAsync(ml.Regression, model.Transform(test), "test");
        await run.LogModelAsync(ml, model, train.Schema);
        await run.CompleteAsync();
        #endregion

        return metrics.RSquared > -10 ? run.Id : default;
    }

    public static async Task CurveAsync(ActiveRun run, MLContext ml, IDataView train, IDataView test)
    {
        var pipeline = Pipeline(ml, trees: 10);

        #region mlnet curve
        var model = await run.FitAsync(pipeline, train, new FitOptions
        {
            Curves = new Dictionary<string, IDataView> { ["train"] = train, ["test"] = test },
            CurvePoints = 10,
        });
        await run.EvaluateAsync(ml.Regression, model.Transform(test), "test", step: 10); // all 10 trees: where the curve ends
        #endregion

        #region mlnet permutation
        await run.LogPermutationImportanceAsync(ml.Regression, model, test);
        #endregion
    }

    public static async Task CrossValidateAsync(ActiveRun run, MLContext ml, IDataView data)
    {
        var pipeline = Pipeline(ml, trees: 5);

        #region mlnet folds
        await run.CrossValidateAsync(ml, pipeline, data, (fold, scored) => fold.EvaluateAsync(ml.Regression, scored), folds: 5);
        #endregion
    }

    public static async Task SweepAsync(ActiveRun run, MLContext ml, IDataView train, IDataView test)
    {
        #region mlnet sweep
        foreach (var trees in (int[])[10, 20])
        {
            await using var child = await run.StartChildAsync();
            var fitted = await child.FitAsync(Pipeline(ml, trees), train);
            await child.EvaluateAsync(ml.Regression, fitted.Transform(test), "test");
            await child.CompleteAsync();
        }
        #endregion
    }

    public static async Task<ITransformer> LoadAsync(MlopsClient mlops, MLContext ml, Run run)
    {
        #region mlnet load
        var model = await mlops.Runs.LoadModelAsync(ml, run.Id);
        #endregion

        return model;
    }

    public static async Task OnnxAsync(MlopsClient mlops, ActiveRun run)
    {
        #region onnx
        var signature = await run.LogOnnxModelAsync("cats.onnx");
        Console.WriteLine($"{signature.Inputs[0].Name}: {signature.Inputs[0].ElementType} [{string.Join(", ", signature.Inputs[0].Shape)}]");
        await run.CompleteAsync();

        using var session = await mlops.Runs.LoadOnnxModelAsync(run.Id); // checked against its digest
        #endregion
    }

    public static async Task ByHandAsync(MlopsClient mlops)
    {
        #region loop by hand
        await mlops.RunAsync("by-hand", async (run, token) =>
        {
            run.LogParam("learning_rate", 0.1);
            for (var epoch = 0; epoch < 10; epoch++)
                run.LogMetric("loss", TrainEpoch(epoch), step: epoch);
            await run.LogArtifactAsync("weights.bin", cancellationToken: token);
        });
        #endregion
    }

    public static IEstimator<ITransformer> Pipeline(MLContext ml, int trees) =>
        ml.Transforms.Concatenate("Features", nameof(House.Rooms), nameof(House.Age)).Append(ml.Regression.Trainers.FastTree(numberOfTrees: trees));

    private static double TrainEpoch(int epoch) => 1.0 / (epoch + 1);

    internal sealed class House
    {
        public float Rooms { get; init; }

        public float Age { get; init; }

        [ColumnName("Label")]
        public float Price { get; init; }
    }
}

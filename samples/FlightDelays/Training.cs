using Microsoft.ML;
using Microsoft.ML.Data;
using Mlops.MicrosoftML;
using Mlops.Sdk;
using Mlops.Tracking;

namespace FlightDelays;

/// <summary>Trains one configuration as one tracked run.</summary>
internal sealed class Training(MlopsClient mlops, DelayClassifier classifier)
{
    public const string Experiment = "flight-delays";
    public const string ModelPath = $"model/{RunModelExtensions.ModelFile}";
    private const string Flights = "flights";
    private const string TrainMonths = "2001-01 to 2001-03";
    private const string TestMonth = "2001-04";

    /// <summary>
    /// Ends the run as finished, failed or killed, as this call does. Everything logged until then is kept.
    /// </summary>
    public async Task<double> TrainAsync(TreeSettings settings, CancellationToken cancellationToken)
    {
        var auc = double.NaN;
        await mlops.RunAsync(
            Experiment,
            async (run, token) => auc = (await TrainAsync(run, settings, token)).AreaUnderRocCurve,
            new RunOptions
            {
                Name = settings.Name,
                Tags = new Dictionary<string, string> { ["train_months"] = TrainMonths, ["test_month"] = TestMonth },
            },
            cancellationToken);
        return auc;
    }

    private async Task<BinaryClassificationMetrics> TrainAsync(ActiveRun run, TreeSettings settings, CancellationToken cancellationToken)
    {
        run.LogParam("seed", DelayClassifier.Seed);
        var model = await run.StepAsync("train", (step, token) => FitAsync(step, settings, token), cancellationToken);
        return await run.StepAsync("evaluate", (step, token) => EvaluateAsync(step, settings, model, token), cancellationToken);
    }

    private async Task<ITransformer> FitAsync(ActiveStep step, TreeSettings settings, CancellationToken cancellationToken)
    {
        step.AddInput(Flights, TrainMonths);
        var fit = new FitOptions
        {
            Curves = new Dictionary<string, IDataView> { ["train"] = classifier.Train, ["test"] = classifier.Test },
            CurvePoints = 10,
        };
        var model = await step.FitAsync(classifier.Pipeline(settings), classifier.Train, fit, cancellationToken);
        await step.LogModelAsync(classifier.Context, model, classifier.Train.Schema, cancellationToken: cancellationToken);
        return model;
    }

    private async Task<BinaryClassificationMetrics> EvaluateAsync(
        ActiveStep step, TreeSettings settings, ITransformer model, CancellationToken cancellationToken)
    {
        step.AddInput(ModelPath).AddInput(Flights, TestMonth);
        var test = await step.Run.EvaluateAsync(
            classifier.Context.BinaryClassification, model.Transform(classifier.Test), "test", step: settings.Trees, cancellationToken: cancellationToken);
        await step.LogTextAsync(EvaluationReport.Write(settings, (CalibratedBinaryClassificationMetrics)test), "evaluation.md", cancellationToken);
        return test;
    }
}

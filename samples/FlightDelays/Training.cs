using Microsoft.ML;
using Microsoft.ML.Data;
using Mlops.Sdk;
using Mlops.Tracking;

namespace FlightDelays;

/// <summary>Trains one configuration as one tracked run.</summary>
internal sealed class Training(MlopsClient mlops, DelayClassifier classifier)
{
    public const string Experiment = "flight-delays";
    public const string ModelPath = "model/model.zip";

    /// <summary>
    /// Ends the run as finished, failed or killed, as this call does. Everything logged until then is kept.
    /// </summary>
    public Task TrainAsync(TreeSettings settings, IProgress<Checkpoint> progress, CancellationToken cancellationToken) =>
        mlops.RunAsync(
            Experiment,
            async (run, token) =>
            {
                run.LogParams(
                [
                    new("trainer", "FastTree"),
                    new("trees", settings.Trees),
                    new("leaves", settings.Leaves),
                    new("learning_rate", settings.LearningRate),
                    new("seed", DelayClassifier.Seed),
                ]);
                run.SetTag("train_months", "2001-01 to 2001-03").SetTag("test_month", "2001-04");

                var model = await run.StepAsync("train", (_, ct) => Task.FromResult(Learn(run, settings, progress, ct)), token);
                await run.StepAsync("evaluate", (step, ct) => LogResultAsync(step, settings, model, ct), token);
            },
            new RunOptions { Name = settings.Name },
            cancellationToken);

    /// <summary>
    /// The learning curve by number of trees. ML.NET reports nothing while it fits, so each point is a fit of its own; with one
    /// seed the smaller forest is the beginning of the larger one.
    /// </summary>
    private ITransformer Learn(ActiveRun run, TreeSettings settings, IProgress<Checkpoint> progress, CancellationToken cancellationToken)
    {
        ITransformer? model = null;
        foreach (var trees in settings.Checkpoints)
        {
            cancellationToken.ThrowIfCancellationRequested();
            model = classifier.Fit(settings, trees);
            var test = classifier.EvaluateOnTest(model);
            LogMetrics(run, "train", classifier.EvaluateOnTrain(model), trees);
            LogMetrics(run, "test", test, trees);
            progress.Report(new Checkpoint(trees, test.AreaUnderRocCurve));
        }

        return model!;
    }

    private static void LogMetrics(ActiveRun run, string part, CalibratedBinaryClassificationMetrics metrics, int trees) =>
        run.LogMetric($"{part}_auc", metrics.AreaUnderRocCurve, step: trees)
            .LogMetric($"{part}_auc_pr", metrics.AreaUnderPrecisionRecallCurve, step: trees)
            .LogMetric($"{part}_accuracy", metrics.Accuracy, step: trees)
            .LogMetric($"{part}_precision", metrics.PositivePrecision, step: trees)
            .LogMetric($"{part}_recall", metrics.PositiveRecall, step: trees)
            .LogMetric($"{part}_f1", metrics.F1Score, step: trees)
            .LogMetric($"{part}_log_loss", metrics.LogLoss, step: trees);

    private async Task LogResultAsync(ActiveStep step, TreeSettings settings, ITransformer model, CancellationToken cancellationToken)
    {
        using var zip = new MemoryStream();
        classifier.Save(model, zip);
        zip.Position = 0;
        await step.LogArtifactAsync(zip, ModelPath, cancellationToken);

        var report = EvaluationReport.Write(settings, classifier.EvaluateOnTest(model));
        await step.LogTextAsync(report, "evaluation.md", cancellationToken);
    }
}

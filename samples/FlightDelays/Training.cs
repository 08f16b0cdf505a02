using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Mlops.MicrosoftML;
using Mlops.Sdk;
using Mlops.Storage;
using Mlops.Tracking;

namespace FlightDelays;

/// <summary>Trains one configuration as one tracked run, in four steps: ingest, features, train, evaluate.</summary>
internal sealed class Training(MlopsClient mlops)
{
    public const string Experiment = "flight-delays";
    public const string ModelPath = $"model/{RunModelExtensions.ModelFile}";
    private const string TestMonth = "2001-04";
    private const string TrainRecords = "train records";
    private const string TestRecords = "test records";
    private const string TrainFlights = "train flights";
    private const string TestFlights = "test flights";
    private static readonly string[] TrainMonths = ["2001-01", "2001-02", "2001-03"];

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
                Tags = new Dictionary<string, string> { ["train_months"] = string.Join(", ", TrainMonths), ["test_month"] = TestMonth },
            },
            cancellationToken);
        return auc;
    }

    private static async Task<BinaryClassificationMetrics> TrainAsync(ActiveRun run, TreeSettings settings, CancellationToken cancellationToken)
    {
        run.LogParam("seed", DelayClassifier.Seed);
        var (train, test) = await run.StepAsync("ingest", IngestAsync, cancellationToken);
        var classifier = await run.StepAsync("features", step => Task.FromResult(MakeFeatures(step, train, test)), cancellationToken);
        var model = await run.StepAsync("train", (step, token) => FitAsync(step, classifier, settings, token), cancellationToken);
        return await run.StepAsync("evaluate", (step, token) => EvaluateAsync(step, classifier, settings, model, token), cancellationToken);
    }

    private static async Task<(IReadOnlyList<FlightRecord> Train, IReadOnlyList<FlightRecord> Test)> IngestAsync(
        ActiveStep step, CancellationToken cancellationToken)
    {
        foreach (var path in TrainMonths.Append(TestMonth).Select(FlightData.PathOf))
            step.AddInput(Path.GetFileName(path), Digest.Of(await File.ReadAllBytesAsync(path, cancellationToken)));
        var train = FlightData.ReadRecords(TrainMonths);
        var test = FlightData.ReadRecords(TestMonth);
        step.AddOutput(TrainRecords, Rows(train.Count)).AddOutput(TestRecords, Rows(test.Count));
        return (train, test);
    }

    private static DelayClassifier MakeFeatures(ActiveStep step, IReadOnlyList<FlightRecord> train, IReadOnlyList<FlightRecord> test)
    {
        step.AddInput(TrainRecords).AddInput(TestRecords);
        Flight[] trainFlights = [.. train.Select(Flight.Of)];
        Flight[] testFlights = [.. test.Select(Flight.Of)];
        step.AddOutput(TrainFlights, Rows(trainFlights.Length)).AddOutput(TestFlights, Rows(testFlights.Length));
        return new DelayClassifier(trainFlights, testFlights);
    }

    private static async Task<ITransformer> FitAsync(
        ActiveStep step, DelayClassifier classifier, TreeSettings settings, CancellationToken cancellationToken)
    {
        step.AddInput(TrainFlights).AddInput(TestFlights); // the curves look at both
        var fit = new FitOptions
        {
            Curves = new Dictionary<string, IDataView> { ["train"] = classifier.Train, ["test"] = classifier.Test },
            CurvePoints = 10,
        };
        var model = await step.FitAsync(classifier.Pipeline(settings), classifier.Train, fit, cancellationToken);
        await step.LogModelAsync(classifier.Context, model, classifier.Train.Schema, cancellationToken: cancellationToken);
        return model;
    }

    private static async Task<BinaryClassificationMetrics> EvaluateAsync(
        ActiveStep step, DelayClassifier classifier, TreeSettings settings, ITransformer model, CancellationToken cancellationToken)
    {
        step.AddInput(ModelPath).AddInput(TestFlights);
        var test = await step.Run.EvaluateAsync(
            classifier.Context.BinaryClassification, model.Transform(classifier.Test), "test", step: settings.Trees, cancellationToken: cancellationToken);
        await step.LogTextAsync(EvaluationReport.Write(settings, (CalibratedBinaryClassificationMetrics)test), "evaluation.md", cancellationToken);
        return test;
    }

    private static string Rows(int count) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} rows");
}

using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using Mlops.Metadata;
using ConfusionMatrix = Mlops.Metadata.ConfusionMatrix;

namespace Mlops.MicrosoftML.Tests;

public sealed class EvaluationTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _train;
    private readonly IDataView _test;

    public EvaluationTests() =>
        (_train, _test) = (_ml.Data.LoadFromEnumerable(Sample.Rows(400)), _ml.Data.LoadFromEnumerable(Sample.Rows(200, seed: 2)));

    [Fact]
    public async Task EvaluateAsync_binary_logsNumbersConfusionAndCurves()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var scored = Score(_ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 10));
        BinaryClassificationMetrics metrics = null!;
        var run = await store.RecordAsync(async run => metrics = await run.EvaluateAsync(_ml.BinaryClassification, scored, "test", step: 10));

        var expected = _ml.BinaryClassification.Evaluate(scored);
        AssertLast(run, ("test_auc", expected.AreaUnderRocCurve), ("test_auc_pr", expected.AreaUnderPrecisionRecallCurve), ("test_accuracy", expected.Accuracy),
            ("test_f1", expected.F1Score), ("test_precision", expected.PositivePrecision), ("test_recall", expected.PositiveRecall), ("test_log_loss", expected.LogLoss));
        Assert.Equal(10, run.Metrics["test_auc"].LastStep);
        Assert.Equal(expected.LogLoss, Assert.IsType<CalibratedBinaryClassificationMetrics>(metrics).LogLoss);

        var matrix = await store.ReadValueAsync<ConfusionMatrix>(run.Id, RichValueKind.ConfusionMatrix, "test_confusion");
        Assert.Equal(["positive", "negative"], matrix.Labels);
        Assert.Equal(expected.ConfusionMatrix.Counts, matrix.Counts);
        var roc = await store.ReadValueAsync<RocCurve>(run.Id, RichValueKind.RocCurve, "test_roc");
        Assert.Equal(expected.AreaUnderRocCurve, roc.Area, 6);
        Assert.InRange((await store.ReadValueAsync<PrecisionRecallCurve>(run.Id, RichValueKind.PrecisionRecallCurve, "test_precision_recall")).AveragePrecision, 0.9, 1);
        Assert.Equal(200, (await store.ReadValueAsync<CalibrationCurve>(run.Id, RichValueKind.CalibrationCurve, "test_calibration")).Counts.Sum());
    }

    [Fact]
    public async Task EvaluateAsync_binaryWithoutProbability_hasNoCalibration()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var scored = Score(_ml.BinaryClassification.Trainers.AveragedPerceptron());
        var run = await store.RecordAsync(run => run.EvaluateAsync(_ml.BinaryClassification, scored));
        AssertLast(run, ("auc", _ml.BinaryClassification.EvaluateNonCalibrated(scored).AreaUnderRocCurve));
        Assert.DoesNotContain("log_loss", run.Metrics.Keys);
        Assert.Equal(["confusion", "precision_recall", "roc"], (await store.Client.Runs.ListValuesAsync(run.Id)).Select(v => v.Key));
    }

    [Fact]
    public async Task EvaluateAsync_regression_logsNumbersAndResiduals()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var scored = Score(_ml.Regression.Trainers.Sdca(nameof(Sample.Price)));
        var run = await store.RecordAsync(run => run.EvaluateAsync(_ml.Regression, scored, label: nameof(Sample.Price)));
        var expected = _ml.Regression.Evaluate(scored, nameof(Sample.Price));
        AssertLast(run, ("mae", expected.MeanAbsoluteError), ("mse", expected.MeanSquaredError), ("rmse", expected.RootMeanSquaredError), ("r2", expected.RSquared));
        Assert.Equal(200, (await store.ReadValueAsync<Histogram>(run.Id, RichValueKind.Histogram, "residuals")).Counts.Sum());
    }

    [Fact]
    public async Task EvaluateAsync_regressionWithoutAnyScore_logsNaNAndNoResiduals()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var scored = _ml.Data.LoadFromEnumerable(Sample.Rows(20).Select(row => new Diverged { Label = row.Price }));
        var run = await store.RecordAsync(run => run.EvaluateAsync(_ml.Regression, scored));
        AssertLast(run, [.. ((string[])["mae", "mse", "rmse", "r2", "loss"]).Select(key => (key, double.NaN))]);
        Assert.Empty(await store.Client.Runs.ListValuesAsync(run.Id));
    }

    [Fact]
    public async Task EvaluateAsync_regressionWithInfiniteScores_hasNoResiduals()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var scored = _ml.Data.LoadFromEnumerable(Sample.Rows(20).Select(row => new Diverged { Label = row.Price, Score = float.PositiveInfinity }));
        var run = await store.RecordAsync(run => run.EvaluateAsync(_ml.Regression, scored));
        AssertLast(run, ("rmse", double.PositiveInfinity));
        Assert.Empty(await store.Client.Runs.ListValuesAsync(run.Id));
    }

    [Fact]
    public async Task EvaluateAsync_binaryLabelIsAKey_drawsTheSameCurves()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var scored = Score(_ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 10));
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Label", keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue).Fit(scored).Transform(scored);
        var run = await store.RecordAsync(run => run.EvaluateAsync(_ml.BinaryClassification, keyed));
        var roc = await store.ReadValueAsync<RocCurve>(run.Id, RichValueKind.RocCurve, "roc");
        Assert.Equal(_ml.BinaryClassification.Evaluate(scored).AreaUnderRocCurve, roc.Area, 6);
        Assert.Equal(run.Metrics["auc"].Last, roc.Area, 6);
    }

    [Fact]
    public async Task EvaluateAsync_multiclass_namesTheClasses()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label", nameof(Sample.Kind)).Append(Sample.Features(_ml))
            .Append(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy());
        Run? fitted = null;
        IDataView scored = null!;
        fitted = await store.RecordAsync(async run =>
        {
            scored = (await run.FitAsync(pipeline, _train)).Transform(_test);
            await run.EvaluateAsync(_ml.MulticlassClassification, scored);
        });
        var expected = _ml.MulticlassClassification.Evaluate(scored);
        AssertLast(fitted, ("micro_accuracy", expected.MicroAccuracy), ("macro_accuracy", expected.MacroAccuracy), ("log_loss", expected.LogLoss));
        var matrix = await store.ReadValueAsync<ConfusionMatrix>(fitted.Id, RichValueKind.ConfusionMatrix, "confusion");
        Assert.Equal(["cheap", "dear", "fair"], matrix.Labels.Order());
        Assert.Equal(200, matrix.Counts.Sum(row => row.Sum()));
        Assert.Equal("largest weight", (await store.ReadValueAsync<TableValue>(fitted.Id, RichValueKind.Table, "feature_importance")).Columns[1].Name);
    }

    [Fact]
    public async Task EvaluateAsync_confusionTooLargeToLog_isNotedAndTheMetricsAreThere()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var scored = ManyClasses();
        var (run, metrics) = await store.RecordResultAsync(run => run.EvaluateAsync(_ml.MulticlassClassification, scored, "test"));
        AssertLast(run, ("test_micro_accuracy", metrics.MicroAccuracy));
        Assert.Equal(3_000, metrics.ConfusionMatrix.NumberOfClasses);
        Assert.Contains("ArgumentException: The ConfusionMatrix 'test_confusion' has ", run.Tags["mlnet.warnings.test_confusion"], StringComparison.Ordinal);
        Assert.Empty(await store.Client.Runs.ListValuesAsync(run.Id));
    }

    [Fact]
    public async Task LogMetricsAsync_cancelled_saysSo()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var metrics = _ml.BinaryClassification.Evaluate(Score(_ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 2)));
        await store.RecordAsync(async run => await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => run.LogMetricsAsync(metrics, cancellationToken: new CancellationToken(canceled: true))));
    }

    [Fact]
    public async Task EvaluateAsync_ranking_logsGains()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var pipeline = Sample.Features(_ml).Append(_ml.Transforms.Conversion.ConvertType("Rank", nameof(Sample.Label), DataKind.Single))
            .Append(_ml.Ranking.Trainers.FastTree("Rank", rowGroupColumnName: nameof(Sample.Group), numberOfTrees: 5));
        var scored = pipeline.Fit(_train).Transform(_test);
        var run = await store.RecordAsync(run => run.EvaluateAsync(_ml.Ranking, scored, label: "Rank", group: nameof(Sample.Group)));
        var expected = _ml.Ranking.Evaluate(scored, "Rank", nameof(Sample.Group));
        AssertLast(run, ("ndcg_at_1", expected.NormalizedDiscountedCumulativeGains[0]), ("dcg_at_3", expected.DiscountedCumulativeGains[2]));
    }

    [Fact]
    public async Task EvaluateAsync_clustering_logsDistances()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var scored = Score(_ml.Clustering.Trainers.KMeans(numberOfClusters: 3));
        var run = await store.RecordAsync(run => run.EvaluateAsync(_ml.Clustering, scored));
        var expected = _ml.Clustering.Evaluate(scored, null, "Score", "Features");
        AssertLast(run, ("average_distance", expected.AverageDistance), ("davies_bouldin", expected.DaviesBouldinIndex));
        Assert.DoesNotContain("normalized_mutual_information", run.Metrics.Keys);
    }

    [Fact]
    public async Task EvaluateAsync_clusteringWithLabelsAndNoFeatures_leavesOutWhatNothingMeasured()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var kinds = _ml.Transforms.Conversion.MapValueToKey("Kinds", nameof(Sample.Kind)).Fit(_train).Transform(_train);
        var scored = Sample.Features(_ml).Append(_ml.Clustering.Trainers.KMeans(numberOfClusters: 3)).Fit(kinds).Transform(kinds);
        var run = await store.RecordAsync(run => run.EvaluateAsync(_ml.Clustering, scored, label: "Kinds", features: null));
        AssertLast(run, ("normalized_mutual_information", _ml.Clustering.Evaluate(scored, "Kinds").NormalizedMutualInformation));
        Assert.DoesNotContain("davies_bouldin", run.Metrics.Keys);
    }

    [Fact]
    public async Task EvaluateAsync_probabilitiesInPercent_areNotedAndTheNumbersStay()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var scored = Score(_ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 5));
        var percent = _ml.Transforms.Expression("Probability", "p => 100 * p", "Probability").Fit(scored).Transform(scored);
        var run = await store.RecordAsync(run => run.EvaluateAsync(_ml.BinaryClassification, percent));
        AssertLast(run, ("auc", _ml.BinaryClassification.Evaluate(scored).AreaUnderRocCurve));
        Assert.Contains("ArgumentException", run.Tags["mlnet.warnings.calibration"], StringComparison.Ordinal);
        Assert.Equal(["confusion", "precision_recall", "roc"], (await store.Client.Runs.ListValuesAsync(run.Id)).Select(v => v.Key));
    }

    [Fact]
    public async Task EvaluateAsync_anomalies_logsDetectionAndRoc()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var predicted = Score(_ml.AnomalyDetection.Trainers.RandomizedPca(rank: 2, seed: 5));
        var scored = _ml.Transforms.Conversion.ConvertType("Truth", "Label", DataKind.Single).Fit(predicted).Transform(predicted);
        var run = await store.RecordAsync(run => run.EvaluateAsync(_ml.AnomalyDetection, scored, label: "Truth"));
        var expected = _ml.AnomalyDetection.Evaluate(scored, "Truth");
        AssertLast(run, ("auc", expected.AreaUnderRocCurve), ("detection_rate", expected.DetectionRateAtFalsePositiveCount));
        Assert.Equal(expected.AreaUnderRocCurve, (await store.ReadValueAsync<RocCurve>(run.Id, RichValueKind.RocCurve, "roc")).Area, 6);
    }

    [Fact]
    public async Task LogMetricsAsync_result_logsWhatItHolds()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var metrics = _ml.BinaryClassification.Evaluate(Score(_ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 5)));
        var run = await store.RecordAsync(run => run.LogMetricsAsync(metrics, "test"));
        AssertLast(run, ("test_auc", metrics.AreaUnderRocCurve), ("test_entropy", metrics.Entropy));
        Assert.Equal("test_confusion", Assert.Single(await store.Client.Runs.ListValuesAsync(run.Id)).Key);
    }

    [Fact]
    public async Task LogPermutationImportanceAsync_binary_ranksTheFeatures()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var model = Sample.Features(_ml).Append(_ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 10)).Fit(_train);
        var run = await store.RecordAsync(run => run.LogPermutationImportanceAsync(_ml.BinaryClassification, model, _test));
        var table = await store.ReadValueAsync<TableValue>(run.Id, RichValueKind.Table, "permutation_importance");
        Assert.Equal(("Size", "AUC lost"), (table.Columns[0].Texts![0], table.Columns[1].Name));
        Assert.InRange(table.Columns[1].Numbers![0]!.Value, 0.1, 1);
    }

    [Fact]
    public async Task LogPermutationImportanceAsync_ranking_ranksTheFeatures()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var grouped = _ml.Data.LoadFromEnumerable(Sample.Rows(400).OrderBy(row => row.Group));
        var model = Sample.Features(_ml).Append(_ml.Transforms.Conversion.ConvertType("Rank", nameof(Sample.Label), DataKind.Single))
            .Append(_ml.Ranking.Trainers.FastTree("Rank", rowGroupColumnName: nameof(Sample.Group), numberOfTrees: 10)).Fit(grouped);
        var run = await store.RecordAsync(run => run.LogPermutationImportanceAsync(_ml.Ranking, model, grouped, "Rank", nameof(Sample.Group), places: 3));
        var table = await store.ReadValueAsync<TableValue>(run.Id, RichValueKind.Table, "permutation_importance");
        Assert.Equal(("Size", "NDCG@3 lost"), (table.Columns[0].Texts![0], table.Columns[1].Name));
        Assert.InRange(table.Columns[1].Numbers![0]!.Value, 0.01, 1);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => store.RecordAsync(run => run.LogPermutationImportanceAsync(_ml.Ranking, model, grouped, places: 11)));
    }

    private IDataView Score<T>(IEstimator<T> trainer)
        where T : class, ITransformer => Sample.Features(_ml).Append(trainer).Fit(_train).Transform(_test);

    // a matrix of 3,000 × 3,000 counts is longer than 16 MiB as JSON
    private IDataView ManyClasses()
    {
        const int classes = 3_000;
        var schema = SchemaDefinition.Create(typeof(Classified));
        schema["Score"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, classes);
        return _ml.Data.LoadFromEnumerable(
            Enumerable.Range(0, classes).Select(i =>
            {
                var score = new float[classes];
                score[i] = 1;
                return new Classified { Label = (uint)i + 1, PredictedLabel = (uint)i + 1, Score = score };
            }),
            schema);
    }

    private static void AssertLast(Run run, params (string Key, double Value)[] expected) =>
        Assert.All(expected, e => Assert.Equal(e.Value, run.Metrics[e.Key].Last));

    private sealed class Diverged
    {
        public float Label { get; init; }

        public float Score { get; init; } = float.NaN;
    }

    private sealed class Classified
    {
        [KeyType(3_000)]
        public uint Label { get; init; }

        [KeyType(3_000)]
        public uint PredictedLabel { get; init; }

        public float[] Score { get; init; } = [];
    }
}

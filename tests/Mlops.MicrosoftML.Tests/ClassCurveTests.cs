using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Trainers.LightGbm;
using Mlops.Metadata;

namespace Mlops.MicrosoftML.Tests;

/// <summary>Curves of models with an ensemble for each class, against what ML.NET says of the whole model.</summary>
public sealed class ClassCurveTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _train;
    private readonly IDataView _test;

    public ClassCurveTests() =>
        (_train, _test) = (_ml.Data.LoadFromEnumerable(Sample.Rows(400)), _ml.Data.LoadFromEnumerable(Sample.Rows(3_000, seed: 2)));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Curves_lightGbm_endAtTheModel(bool softmax)
    {
        var (store, run, expected) = await FitAsync(_ml.MulticlassClassification.Trainers.LightGbm(
            new LightGbmMulticlassTrainer.Options { LabelColumnName = "Truth", NumberOfIterations = 12, UseSoftmax = softmax }));
        await using var _ = store;
        await AssertEndsAtAsync(store, run, expected, 3, 6, 9, 12);
        var loss = await store.Client.Runs.ReadMetricAsync(run.Id, "test_log_loss");
        Assert.True(loss[0].Value > loss[^1].Value, $"{loss[0].Value} with few trees is not above {loss[^1].Value} with all.");
        Assert.Equal("largest gain", (await store.ReadValueAsync<TableValue>(run.Id, RichValueKind.Table, "feature_importance")).Columns[1].Name);
    }

    [Fact]
    public async Task Curves_oneFastTreeEach_areThoseOfSmallerModels()
    {
        var (store, run, expected) = await FitAsync(FastTrees(8));
        await using var _ = store;
        await AssertEndsAtAsync(store, run, expected, 2, 4, 6, 8);
        var smaller = Evaluate(Pipeline(FastTrees(4)).Fit(_train));
        Assert.Equal(smaller.MicroAccuracy, (await store.Client.Runs.ReadMetricAsync(run.Id, "test_micro_accuracy"))[1].Value, 12);
        Assert.Equal(smaller.LogLoss, (await store.Client.Runs.ReadMetricAsync(run.Id, "test_log_loss"))[1].Value, 6);
    }

    [Fact]
    public async Task Curves_oneFastForestEach_endAtTheModel()
    {
        var (store, run, expected) = await FitAsync(_ml.MulticlassClassification.Trainers.OneVersusAll(
            _ml.BinaryClassification.Trainers.FastForest(numberOfTrees: 8), "Truth"));
        await using var _ = store;
        await AssertEndsAtAsync(store, run, expected);
    }

    [Fact]
    public async Task Curves_withoutProbabilities_haveNoLogLoss()
    {
        var (store, run, expected) = await FitAsync(_ml.MulticlassClassification.Trainers.OneVersusAll(
            _ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 8), "Truth", useProbabilities: false));
        await using var _ = store;
        Assert.Equal(expected.MicroAccuracy, run.Metrics["test_micro_accuracy"].Last, 12);
        Assert.DoesNotContain("test_log_loss", run.Metrics.Keys);
    }

    [Fact]
    public async Task Curves_ofClassesThatTrainingNeverSaw_countAsWrong()
    {
        var few = _ml.Data.LoadFromEnumerable(Sample.Rows(400).Where(r => r.Kind != "fair"));
        var (store, run, expected) = await FitAsync(FastTrees(8), few);
        await using var _ = store;
        await AssertEndsAtAsync(store, run, expected, 2, 4, 6, 8);
    }

    [Fact]
    public async Task Curves_ofLinearClasses_areNotedAsMissing()
    {
        var (store, run, _) = await FitAsync(_ml.MulticlassClassification.Trainers.OneVersusAll(_ml.BinaryClassification.Trainers.LbfgsLogisticRegression(), "Truth"));
        await using var _s = store;
        Assert.Contains("There is no curve on 'test'", run.Tags["mlnet.warnings"], StringComparison.Ordinal);
    }

    private OneVersusAllTrainer FastTrees(int trees) =>
        _ml.MulticlassClassification.Trainers.OneVersusAll(_ml.BinaryClassification.Trainers.FastTree(numberOfTrees: trees, numberOfLeaves: 6), "Truth");

    private EstimatorChain<ITransformer> Pipeline(IEstimator<ITransformer> trainer) =>
        _ml.Transforms.Conversion.MapValueToKey("Truth", nameof(Sample.Kind)).Append(Sample.Features(_ml)).Append(trainer);

    private async Task<(TemporaryStore Store, Run Run, MulticlassClassificationMetrics Expected)> FitAsync(
        IEstimator<ITransformer> trainer, IDataView? train = null)
    {
        var store = await TemporaryStore.OpenAsync();
        var options = new FitOptions { Curves = new Dictionary<string, IDataView> { ["test"] = _test }, CurvePoints = 4 };
        var (run, model) = await store.RecordResultAsync(run => run.FitAsync(Pipeline(trainer), train ?? _train, options));
        return (store, run, Evaluate(model));
    }

    private MulticlassClassificationMetrics Evaluate(TransformerChain<ITransformer> model) => _ml.MulticlassClassification.Evaluate(model.Transform(_test), "Truth");

    private static async Task AssertEndsAtAsync(TemporaryStore store, Run run, MulticlassClassificationMetrics expected, params long[] steps)
    {
        Assert.True(!run.Tags.TryGetValue("mlnet.warnings", out var warnings), warnings);
        var points = await store.Client.Runs.ReadMetricAsync(run.Id, "test_micro_accuracy");
        Assert.Equal(4, points.Count);
        if (steps.Length > 0)
            Assert.Equal(steps, points.Select(p => p.Step));
        Assert.Equal(expected.MicroAccuracy, points[^1].Value, 12);
        Assert.Equal(expected.LogLoss, run.Metrics["test_log_loss"].Last, 6);
    }
}

using Microsoft.ML;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;

namespace Mlops.MicrosoftML.Tests;

/// <summary>The first trees alone must be as good as a model that was trained with so many trees.</summary>
public sealed class CurveTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _train;
    private readonly IDataView _test;

    public CurveTests() =>
        (_train, _test) = (_ml.Data.LoadFromEnumerable(Sample.Rows(400)), _ml.Data.LoadFromEnumerable(Sample.Rows(200, seed: 2)));

    [Fact]
    public async Task Curves_fastTree_areThoseOfSmallerModels()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var run = await store.RecordAsync(run => run.FitAsync(
            Sample.FastTree(_ml, 20), _train, new FitOptions { Curves = new Dictionary<string, IDataView> { ["train"] = _train, ["test"] = _test }, CurvePoints = 4 }));

        var points = await store.Client.Runs.ReadMetricAsync(run.Id, "test_auc");
        Assert.Equal([5L, 10, 15, 20], points.Select(p => p.Step));
        foreach (var point in points)
        {
            var smaller = Sample.FastTree(_ml, (int)point.Step).Fit(_train);
            Assert.Equal(_ml.BinaryClassification.Evaluate(smaller.Transform(_test)).AreaUnderRocCurve, point.Value, 6);
        }

        Assert.Equal(4, run.Metrics["train_auc"].Count);
    }

    [Fact]
    public async Task Curves_fastForest_endAtTheModel()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var pipeline = Sample.Features(_ml).Append(_ml.Regression.Trainers.FastForest(nameof(Sample.Price), numberOfTrees: 10));
        var (run, model) = await store.RecordResultAsync(run => run.FitAsync(pipeline, _train, Test(points: 5)));

        var expected = _ml.Regression.Evaluate(model.Transform(_test), nameof(Sample.Price));
        var points = await store.Client.Runs.ReadMetricAsync(run.Id, "test_rmse");
        Assert.Equal([2L, 4, 6, 8], points.Take(4).Select(p => p.Step));
        Assert.InRange(points[4].Step, 9, 10); // ML.NET leaves out a tree that found no split
        Assert.Equal(expected.RootMeanSquaredError, points[^1].Value, 5);
        Assert.Equal(expected.RSquared, run.Metrics["test_r2"].Last, 5);
        Assert.All(points, p => Assert.InRange(p.Value, 0, 1.5)); // a mean of few trees, not a part of a sum
    }

    [Fact]
    public async Task Curves_binaryFastForest_endAtTheModel()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var pipeline = Sample.Features(_ml).Append(_ml.BinaryClassification.Trainers.FastForest(numberOfTrees: 10));
        var (run, model) = await store.RecordResultAsync(run => run.FitAsync(pipeline, _train, Test(points: 5)));

        Assert.True(!run.Tags.TryGetValue("mlnet.warnings", out var warnings), warnings);
        Assert.Equal(5, run.Metrics["test_auc"].Count);
        Assert.Equal(_ml.BinaryClassification.EvaluateNonCalibrated(model.Transform(_test)).AreaUnderRocCurve, run.Metrics["test_auc"].Last, 6);
    }

    [Fact]
    public async Task Curves_lightGbm_endAtTheModel()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var pipeline = Sample.Features(_ml).Append(_ml.BinaryClassification.Trainers.LightGbm(numberOfIterations: 12));
        var (run, model) = await store.RecordResultAsync(run => run.FitAsync(pipeline, _train, Test(points: 3)));

        Assert.True(!run.Tags.TryGetValue("mlnet.warnings", out var warnings), warnings);
        var points = await store.Client.Runs.ReadMetricAsync(run.Id, "test_auc");
        Assert.Equal(3, points.Count);
        Assert.Equal(_ml.BinaryClassification.Evaluate(model.Transform(_test)).AreaUnderRocCurve, points[^1].Value, 6);
    }

    [Fact]
    public async Task Curves_lightGbmWithMissingValuesFarBack_endAtTheModel()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var pipeline = Sample.Features(_ml).Append(_ml.BinaryClassification.Trainers.LightGbm(numberOfIterations: 12));
        var train = _ml.Data.LoadFromEnumerable(Sample.Rows(400).Select(row => row.Size < 0.4f ? row.WithoutSize() : row));
        var test = _ml.Data.LoadFromEnumerable(Sample.Rows(3_000, seed: 2).Select((row, i) => i > 1_100 && row.Size < 0.4f ? row.WithoutSize() : row));
        var (run, model) = await store.RecordResultAsync(run => run.FitAsync(
            pipeline, train, new FitOptions { Curves = new Dictionary<string, IDataView> { ["test"] = test }, CurvePoints = 3 }));

        Assert.True(!run.Tags.TryGetValue("mlnet.warnings", out var warnings), warnings);
        Assert.Equal(_ml.BinaryClassification.Evaluate(model.Transform(test)).AreaUnderRocCurve, run.Metrics["test_auc"].Last, 6);
    }

    [Theory]
    [InlineData(10, 20, 30, 8)]
    [InlineData(1_000, 500_000, 200, 3)]
    [InlineData(100, 4_000_000, 200, 1)]
    public void CountBlocks_manyDistinctSplits_staysWithinItsBytes(int columns, int splits, int depth, int blocks) =>
        Assert.Equal(blocks, PrefixCurve.CountBlocks(RowBlock.SizeBytes(columns, splits, depth), cores: 8));

    [Fact]
    public async Task Curves_ofLinearModel_areNotedAsMissing()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var run = await store.RecordAsync(run => run.FitAsync(
            Sample.Features(_ml).Append(_ml.BinaryClassification.Trainers.LbfgsLogisticRegression()), _train, Test(points: 3)));
        Assert.Contains("There is no curve on 'test'", run.Tags["mlnet.warnings"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Curves_ofDataWithoutTheLabel_areNotedAndTheModelIsThere()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var unlabelled = _ml.Transforms.DropColumns("Label").Fit(_test).Transform(_test);
        var (run, model) = await store.RecordResultAsync(run => run.FitAsync(
            Sample.FastTree(_ml, 5), _train, new FitOptions { Curves = new Dictionary<string, IDataView> { ["test"] = unlabelled } }));
        Assert.NotNull(model);
        Assert.Contains("curve on 'test': ", run.Tags["mlnet.warnings"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Curves_treesThatAreDroppedOnTheWay_areNotedAsMissing(bool isLightGbm)
    {
        await using var store = await TemporaryStore.OpenAsync();
        var trainers = _ml.BinaryClassification.Trainers;
        IEstimator<ITransformer> trainer = isLightGbm
            ? trainers.LightGbm(new LightGbmBinaryTrainer.Options { NumberOfIterations = 6, Booster = new DartBooster.Options { TreeDropFraction = 0.5 } })
            : trainers.FastTree(new FastTreeBinaryTrainer.Options { NumberOfTrees = 6, DropoutRate = 0.5 });
        var run = await store.RecordAsync(run => run.FitAsync(Sample.Features(_ml).Append(trainer), _train, Test(points: 3)));
        Assert.Contains("DART", run.Tags["mlnet.warnings"], StringComparison.Ordinal);
        Assert.DoesNotContain("test_auc", run.Metrics.Keys);
    }

    private FitOptions Test(int points) => new() { Curves = new Dictionary<string, IDataView> { ["test"] = _test }, CurvePoints = points };
}

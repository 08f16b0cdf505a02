using System.Globalization;
using System.Reflection;
using System.Reflection.Emit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.MicrosoftML.Tests;

/// <summary>Each trainer trains on the same data, and what was recorded is read back.</summary>
public sealed class FitTests
{
    private static readonly string[] Slots = ["Size", "Weight", "Colour.red", "Colour.green", "Colour.blue"];

    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;

    public FitTests() => _data = _ml.Data.LoadFromEnumerable(Sample.Rows(400));

    [Fact]
    public async Task FitAsync_sdca_recordsOptionsAndWeights()
    {
        var trainer = _ml.BinaryClassification.Trainers.SdcaLogisticRegression(
            new SdcaLogisticRegressionBinaryTrainer.Options { L2Regularization = 0.01f, MaximumNumberOfIterations = 7, NumberOfThreads = 1 });
        await AssertRecordedAsync(trainer, "SdcaLogisticRegressionBinaryTrainer", "weight", new() { ["L2Regularization"] = "0.01", ["MaximumNumberOfIterations"] = "7", ["L1Regularization"] = "null" });
    }

    [Fact]
    public async Task FitAsync_averagedPerceptron_recordsOptionsAndWeights() => await AssertRecordedAsync(
        _ml.BinaryClassification.Trainers.AveragedPerceptron(learningRate: 0.5f, numberOfIterations: 3),
        "AveragedPerceptronTrainer", "weight", new() { ["LearningRate"] = "0.5", ["NumberOfIterations"] = "3" });

    [Fact]
    public async Task FitAsync_lbfgs_recordsOptionsAndWeights() => await AssertRecordedAsync(
        _ml.BinaryClassification.Trainers.LbfgsLogisticRegression(l2Regularization: 0.25f, historySize: 5),
        "LbfgsLogisticRegressionBinaryTrainer", "weight", new() { ["L2Regularization"] = "0.25", ["HistorySize"] = "5" });

    [Fact]
    public async Task FitAsync_fastTree_recordsOptionsAndGains() => await AssertRecordedAsync(
        _ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 10, numberOfLeaves: 4, learningRate: 0.3),
        "FastTreeBinaryTrainer", "gain", new() { ["NumberOfTrees"] = "10", ["NumberOfLeaves"] = "4", ["LearningRate"] = "0.3", ["LabelColumnName"] = "Label" });

    [Fact]
    public async Task FitAsync_fastForest_recordsOptionsAndGains() => await AssertRecordedAsync(
        _ml.Regression.Trainers.FastForest(nameof(Sample.Price), numberOfTrees: 12, numberOfLeaves: 5),
        "FastForestRegressionTrainer", "gain", new() { ["NumberOfTrees"] = "12", ["NumberOfLeaves"] = "5", ["LabelColumnName"] = "Price" });

    [Fact]
    public async Task FitAsync_gam_recordsOptionsAndEffects() => await AssertRecordedAsync(
        _ml.Regression.Trainers.Gam(nameof(Sample.Price), numberOfIterations: 20, maximumBinCountPerFeature: 16),
        "GamRegressionTrainer", "effect range", new() { ["NumberOfIterations"] = "20", ["MaximumBinCountPerFeature"] = "16" });

    [Fact]
    public async Task FitAsync_gamOnAConstantColumn_recordsTheEffectsOfAllFeatures()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var data = _ml.Transforms.Expression("Same", "x => 0 * x", nameof(Sample.Size)).Fit(_data).Transform(_data);
        var (names, ranges) = await EffectsAsync("Same", nameof(Sample.Weight), nameof(Sample.Size));
        var (_, without) = await EffectsAsync(nameof(Sample.Weight), nameof(Sample.Size));
        Assert.Equal(["Size", "Weight", "Same"], names);
        Assert.Equal([.. without, 0], ranges);

        async Task<(IReadOnlyList<string?> Names, IReadOnlyList<double?> Ranges)> EffectsAsync(params string[] features)
        {
            var pipeline = _ml.Transforms.Concatenate("Features", features)
                .Append(_ml.Regression.Trainers.Gam(nameof(Sample.Price), numberOfIterations: 20, maximumBinCountPerFeature: 16));
            var run = await store.RecordAsync(run => run.FitAsync(pipeline, data));
            Assert.DoesNotContain("mlnet.warnings", run.Tags.Keys);
            var columns = (await store.ReadValueAsync<TableValue>(run.Id, RichValueKind.Table, "feature_importance")).Columns;
            return (columns[0].Texts!, columns[1].Numbers!);
        }
    }

    [Fact]
    public async Task FitAsync_lightGbm_recordsOptionsAndGains() => await AssertRecordedAsync(
        _ml.BinaryClassification.Trainers.LightGbm(new LightGbmBinaryTrainer.Options
        {
            NumberOfIterations = 9,
            NumberOfLeaves = 6,
            NumberOfThreads = 1,
            Booster = new GradientBooster.Options { L2Regularization = 0.5 },
        }),
        "LightGbmBinaryTrainer", "gain", new() { ["NumberOfIterations"] = "9", ["NumberOfLeaves"] = "6", ["Booster.L2Regularization"] = "0.5" });

    [Fact]
    public async Task FitAsync_kMeans_recordsItsFields() => await AssertRecordedAsync(
        _ml.Clustering.Trainers.KMeans(new KMeansTrainer.Options { NumberOfClusters = 3, MaximumNumberOfIterations = 11, NumberOfThreads = 1 }),
        "KMeansTrainer", null, new() { ["K"] = "3", ["MaxIterations"] = "11" });

    [Fact]
    public async Task FitAsync_pca_recordsItsFields() => await AssertRecordedAsync(
        _ml.AnomalyDetection.Trainers.RandomizedPca(rank: 2, oversampling: 3, seed: 5),
        "RandomizedPcaTrainer", null, new() { ["Rank"] = "2", ["Oversampling"] = "3" });

    [Fact]
    public async Task FitAsync_oneVersusAll_recordsTheInnerTrainer()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label", nameof(Sample.Kind)).Append(Sample.Features(_ml))
            .Append(_ml.MulticlassClassification.Trainers.OneVersusAll(_ml.BinaryClassification.Trainers.AveragedPerceptron(numberOfIterations: 4)));
        var run = await store.RecordAsync(run => run.FitAsync(pipeline, _data));
        Assert.Equal(("OneVersusAllTrainer", "AveragedPerceptronTrainer", "4"), (run.Params["trainer"], run.Params["BinaryTrainer"], run.Params["BinaryTrainer.NumberOfIterations"]));
        Assert.DoesNotContain("mlnet.warnings", run.Tags.Keys);
    }

    [Fact]
    public async Task FitAsync_unknownTrainer_isNotedAndTrains()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var (run, model) = await store.RecordResultAsync(run => run.FitAsync(Sample.Features(_ml).Append(new StrangeTrainer(_ml)), _data));
        Assert.NotNull(model.Transform(_data).Schema.GetColumnOrNull("Strange"));
        Assert.Equal(nameof(StrangeTrainer), run.Params["trainer"]);
        Assert.Contains("StrangeTrainer is unknown", run.Tags["mlnet.warnings"], StringComparison.Ordinal);
        Assert.Equal("400", run.Params["data.rows"]);
        Assert.True(run.Metrics.ContainsKey("fit_seconds"));
    }

    [Theory]
    [InlineData("Microsoft.ML.TimeSeries", "SsaForecastingEstimator")]
    [InlineData("Microsoft.MLExtras", "Booster")]
    public void Stranger_learnerThatIsNoTrainerByItsType_isFound(string assembly, string name)
    {
        // a stand-in: the package of the time series is none that these tests need
        var stranger = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName(assembly), AssemblyBuilderAccess.Run)
            .DefineDynamicModule("m").DefineType(name, TypeAttributes.Public).CreateType();
        var learner = Activator.CreateInstance(stranger)!;
        Assert.Same(learner, PipelineParts.Stranger([.. PipelineParts.Of(Sample.Features(_ml)), learner]));
    }

    [Theory]
    [InlineData(typeof(NotImplementedException))]
    [InlineData(typeof(TaskCanceledException))]
    public async Task FitAsync_trainerThatThrowsWhenDescribed_isNotedAndTrains(Type trouble)
    {
        await using var store = await TemporaryStore.OpenAsync();
        StrangeTrainer trainer = new(_ml) { Trouble = (Exception)Activator.CreateInstance(trouble, "not today")! };
        var run = await store.RecordAsync(run => run.FitAsync(trainer, _data));
        Assert.Contains($"transforms: {trouble.Name}: not today", run.Tags["mlnet.warnings"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task FitAsync_cancelledWhileItTrains_returnsTheModelAndNotesWhatIsMissing()
    {
        await using var store = await TemporaryStore.OpenAsync();
        using CancellationTokenSource stop = new();
        var (run, model) = await store.RecordResultAsync(run => run.FitAsync(new StrangeTrainer(_ml) { Training = stop.Cancel }, _data, cancellationToken: stop.Token));
        Assert.NotNull(model.Transform(_data).Schema.GetColumnOrNull("Strange"));
        Assert.Contains("mlnet/training.json: TaskCanceledException", run.Tags["mlnet.warnings"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task FitAsync_calibratorBehindTheTrainer_hidesNothingOfIt()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var pipeline = Sample.Features(_ml).Append(_ml.BinaryClassification.Trainers.FastForest(numberOfTrees: 10)).Append(_ml.BinaryClassification.Calibrators.Platt());
        var (run, model) = await store.RecordResultAsync(run => run.FitAsync(
            pipeline, _data, new FitOptions { Curves = new Dictionary<string, IDataView> { ["train"] = _data }, CurvePoints = 2 }));
        Assert.True(!run.Tags.TryGetValue("mlnet.warnings", out var warnings), warnings);
        Assert.EndsWith("PlattCalibrator(Score → Probability)", run.Tags["mlnet.pipeline"], StringComparison.Ordinal);
        Assert.Equal("Size, Weight, Colour", run.Tags["mlnet.features"]);
        Assert.Equal("gain", (await store.ReadValueAsync<TableValue>(run.Id, RichValueKind.Table, "feature_importance")).Columns[1].Name);
        Assert.Equal(_ml.BinaryClassification.Evaluate(model.Transform(_data)).AreaUnderRocCurve, run.Metrics["train_auc"].Last, 6);
    }

    [Fact]
    public async Task FitAsync_dataThatDoesNotKnowItsLength_hasTheRowsThatWereRead()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var some = _ml.Data.FilterRowsByColumn(_data, nameof(Sample.Size), upperBound: 0.5);
        Assert.Null(some.GetRowCount());
        var run = await store.RecordAsync(run => run.FitAsync(Sample.Features(_ml), some));
        Assert.Equal(Sample.Rows(400).Count(row => row.Size < 0.5), int.Parse(run.Params["data.rows"], CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    public async Task FitAsync_longTroubleInPairsOfSurrogates_isCutAndTheModelIsThere(string before)
    {
        await using var store = await TemporaryStore.OpenAsync();
        NotImplementedException trouble = new(before + string.Concat(Enumerable.Repeat("😀", 2_100)));
        var (run, model) = await store.RecordResultAsync(run => run.FitAsync(new StrangeTrainer(_ml) { Trouble = trouble }, _data));
        Assert.NotNull(model);
        Assert.EndsWith("😀…", run.Tags["mlnet.warnings"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    public async Task FitAsync_longOptionInPairsOfSurrogates_isCut(string before)
    {
        await using var store = await TemporaryStore.OpenAsync();
        var label = before + string.Concat(Enumerable.Repeat("😀", 600));
        var data = _ml.Transforms.CopyColumns(label, "Label").Fit(_data).Transform(_data);
        var run = await store.RecordAsync(run => run.FitAsync(Pipeline(_ml.BinaryClassification.Trainers.FastTree(label, numberOfTrees: 2)), data));
        Assert.EndsWith("😀…", run.Params["LabelColumnName"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task FitAsync_runEndsMeanwhile_returnsTheModel()
    {
        await using var store = await TemporaryStore.OpenAsync();
        await using var run = await store.Client.StartRunAsync("mlnet");
        var model = await run.FitAsync(new StrangeTrainer(_ml) { Training = () => run.CompleteAsync().Wait() }, _data);
        Assert.NotNull(model.Transform(_data).Schema.GetColumnOrNull("Strange"));
    }

    [Fact]
    public async Task FitAsync_transformsAlone_haveNoTrainerAndNoWarning()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var run = await store.RecordAsync(run => run.FitAsync(Sample.Features(_ml), _data));
        Assert.DoesNotContain("trainer", run.Params.Keys);
        Assert.DoesNotContain("mlnet.warnings", run.Tags.Keys);
        Assert.Equal("OneHotEncoding(Colour → Colour) | ColumnConcatenating(Size, Weight, Colour → Features)", run.Tags["mlnet.pipeline"]);
    }

    [Fact]
    public async Task FitAsync_twiceInOneRun_needsAPrefix()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var run = await store.RecordAsync(async run =>
        {
            await run.FitAsync(Pipeline(_ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 5)), _data);
            await Assert.ThrowsAsync<ImmutableException>(() => run.FitAsync(Pipeline(_ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 6)), _data));
            await run.FitAsync(Pipeline(_ml.BinaryClassification.Trainers.FastTree(numberOfTrees: 6)), _data, new FitOptions { Prefix = "second." });
        });
        Assert.Equal(("5", "6"), (run.Params["NumberOfTrees"], run.Params["second.NumberOfTrees"]));
        Assert.Equal("6", (await store.ReadJsonAsync(run.Id, "mlnet/second.training.json")).GetProperty("options").GetProperty("NumberOfTrees").GetString());
    }

    [Fact]
    public async Task FitAsync_cancelledBefore_trainsNothing()
    {
        await using var store = await TemporaryStore.OpenAsync();
        await store.RecordAsync(async run => await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => run.FitAsync(Sample.Features(_ml), _data, cancellationToken: new CancellationToken(canceled: true))));
    }

    private EstimatorChain<T> Pipeline<T>(IEstimator<T> trainer)
        where T : class, ITransformer => Sample.Features(_ml).Append(trainer);

    private async Task AssertRecordedAsync<T>(IEstimator<T> trainer, string name, string? measure, Dictionary<string, string> options)
        where T : class, ITransformer
    {
        await using var store = await TemporaryStore.OpenAsync();
        var run = await store.RecordAsync(async run => Assert.NotNull(await run.FitAsync(Pipeline(trainer), _data)));

        Assert.Equal(name, run.Params["trainer"]);
        Assert.All(options, option => Assert.Equal(option.Value, run.Params[option.Key]));
        Assert.Equal("400", run.Params["data.rows"]);
        Assert.Matches("^[0-9a-f]{64}$", run.Params["data.fingerprint"]);
        Assert.Equal("Size, Weight, Colour", run.Tags["mlnet.features"]);
        Assert.StartsWith("OneHotEncoding(Colour → Colour) | ColumnConcatenating(Size, Weight, Colour → Features) | ", run.Tags["mlnet.pipeline"], StringComparison.Ordinal);
        Assert.DoesNotContain("mlnet.warnings", run.Tags.Keys);
        Assert.InRange(run.Metrics["fit_seconds"].Last, 0, 60);

        var json = await store.ReadJsonAsync(run.Id, "mlnet/training.json");
        Assert.Equal(name, json.GetProperty("trainer").GetString());
        Assert.Equal(3, json.GetProperty("steps").GetArrayLength());
        Assert.Contains(json.GetProperty("inputSchema").EnumerateArray(), c => c.GetProperty("name").GetString() == "Colour" && c.GetProperty("type").GetString() == "String");
        Assert.Contains(json.GetProperty("outputSchema").EnumerateArray(), c => c.GetProperty("name").GetString() == "Features");

        if (measure is null)
        {
            Assert.Empty(await store.Client.Runs.ListValuesAsync(run.Id));
            return;
        }

        var table = await store.ReadValueAsync<TableValue>(run.Id, RichValueKind.Table, "feature_importance");
        Assert.Equal(["feature", measure], table.Columns.Select(c => c.Name));
        Assert.Equal(Slots.Order(), table.Columns[0].Texts!.Order());
        Assert.Equal("Size", table.Columns[0].Texts![0]);
    }
}

using Microsoft.ML;
using Mlops.Metadata;
using Mlops.Tracking;

namespace Mlops.MicrosoftML.Tests;

public sealed class CrossValidationTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;

    public CrossValidationTests() => _data = _ml.Data.LoadFromEnumerable(Sample.Rows(300));

    [Fact]
    public async Task CrossValidateAsync_folds_areChildrenAndTheParentHasTheirMean()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var run = await store.RecordAsync(async run =>
        {
            var folds = await run.CrossValidateAsync(
                _ml, Sample.FastTree(_ml, 8), _data, (fold, scored) => fold.EvaluateAsync(_ml.BinaryClassification, scored), folds: 3);
            Assert.Equal(3, folds.Count);
        });

        var children = await ChildrenAsync(store, run);
        Assert.Equal(["fold 0", "fold 1", "fold 2"], children.Select(c => c.Name).Order());
        Assert.All(children, c => Assert.Equal((RunStatus.Finished, "FastTreeBinaryTrainer"), (c.Status, c.Params["trainer"])));
        var aucs = children.Select(c => c.Metrics["auc"].Last).ToList();
        var mean = aucs.Average();
        Assert.Equal(mean, run.Metrics["auc_mean"].Last, 12);
        Assert.Equal(Math.Sqrt(aucs.Sum(a => (a - mean) * (a - mean)) / 2), run.Metrics["auc_std"].Last, 12);

        var theirs = _ml.BinaryClassification.CrossValidate(_data, Sample.FastTree(_ml, 8), 3);
        Assert.Equal(theirs.Average(f => f.Metrics.AreaUnderRocCurve), mean, 12);
    }

    [Fact]
    public async Task CrossValidateAsync_evaluationThrows_failsItsFold()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var run = await store.RecordAsync(async run => await Assert.ThrowsAsync<InvalidOperationException>(() => run.CrossValidateAsync<object>(
            _ml, Sample.FastTree(_ml, 2), _data, (_, _) => throw new InvalidOperationException("no labels"))));
        var child = Assert.Single(await ChildrenAsync(store, run));
        Assert.Equal(RunStatus.Failed, child.Status);
    }

    [Fact]
    public async Task CrossValidateAsync_cancelledWhileAFoldTrains_killsIt()
    {
        await using var store = await TemporaryStore.OpenAsync();
        using CancellationTokenSource stop = new();
        var run = await store.RecordAsync(async run => await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.CrossValidateAsync<object>(
            _ml, new StrangeTrainer(_ml) { Training = stop.Cancel }, _data, (_, _) => throw new InvalidOperationException("too late"), cancellationToken: stop.Token)));
        Assert.Equal(RunStatus.Killed, Assert.Single(await ChildrenAsync(store, run)).Status);
    }

    [Fact]
    public async Task CrossValidateAsync_resultIsNoneOfMicrosoftML_failsAtTheFirstFold()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var run = await store.RecordAsync(async run => await Assert.ThrowsAsync<ArgumentException>(() => run.CrossValidateAsync(
            _ml, Sample.FastTree(_ml, 2), _data, (_, _) => Task.FromResult("no metrics"))));
        Assert.Equal(RunStatus.Failed, Assert.Single(await ChildrenAsync(store, run)).Status);
    }

    [Fact]
    public async Task CrossValidateAsync_divergedRegression_hasNoMean()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var run = await store.RecordAsync(run => run.CrossValidateAsync(
            _ml,
            Sample.Features(_ml).Append(_ml.Regression.Trainers.FastTree(nameof(Sample.Price), numberOfTrees: 2))
                .Append(_ml.Transforms.DropColumns("Score")).Append(_ml.Transforms.Expression("Score", "x => 0f / (x - x)", nameof(Sample.Size))),
            _data,
            (fold, scored) => fold.EvaluateAsync(_ml.Regression, scored, label: nameof(Sample.Price)),
            folds: 2));
        Assert.Equal(double.NaN, run.Metrics["rmse_mean"].Last);
    }

    [Fact]
    public async Task FitAsync_inChildrenOfASweep_keepsConfigurationsApart()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var run = await store.RecordAsync(async sweep =>
        {
            foreach (var trees in (int[])[2, 4])
            {
                await using var child = await sweep.StartChildAsync(new RunOptions { Name = $"{trees} trees" });
                var model = await child.FitAsync(Sample.FastTree(_ml, trees), _data);
                await child.EvaluateAsync(_ml.BinaryClassification, model.Transform(_data));
                await child.CompleteAsync();
            }
        });
        var children = await ChildrenAsync(store, run);
        Assert.Equal(["2", "4"], children.Select(c => c.Params["NumberOfTrees"]).Order());
        Assert.Single(children.Select(c => c.Params["data.fingerprint"]).Distinct());
    }

    private static async Task<IReadOnlyList<Run>> ChildrenAsync(TemporaryStore store, Run parent) =>
        (await store.Client.Runs.SearchAsync($"parent = '{parent.Id}'", limit: 10)).Runs;
}

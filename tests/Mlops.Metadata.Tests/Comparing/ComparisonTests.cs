using Mlops.Storage;

namespace Mlops.Metadata.Tests.Comparing;

public sealed class ComparisonTests
{
    [Fact]
    public async Task CompareAsync_params_differingComeFirst()
    {
        await using var rig = new StoreRig();
        var a = await rig.StartAsync();
        var b = await rig.StartAsync();
        await rig.CommitAsync(
            RunRecord.Logged(a, [RunRecord.Param("same", "1", 1), RunRecord.Param("trees", "10", 10), RunRecord.Tag("mlflow.user", "u")]),
            RunRecord.Logged(b, [RunRecord.Param("same", "1", 1), RunRecord.Param("trees", "20", 20), RunRecord.Param("only", "x", null)]));
        var comparison = await rig.Runs.CompareAsync([b, a]);
        Assert.Equal(["only", "trees", "same"], comparison.Params.Select(p => p.Key));
        Assert.Equal([true, true, false], comparison.Params.Select(p => p.Differs));
        Assert.Equal(["x", null], comparison.Params[0].Values);
        Assert.Empty(comparison.Tags);
        Assert.Equal([null, "u"], comparison.Context.Single(c => c.Key == "mlflow.user").Values);
        Assert.Equal("e", comparison.Context.Single(c => c.Key == "experiment").Values[0]);
    }

    [Fact]
    public async Task CompareAsync_metrics_markTheBestAndNeverNaN()
    {
        await using var rig = new StoreRig();
        RunId[] runs = [await rig.StartAsync(), await rig.StartAsync(), await rig.StartAsync(), await rig.StartAsync()];
        await rig.AppendAsync(runs[0], "loss", (0, 0.1), (1, 0.5));
        await rig.AppendAsync(runs[1], "loss", (0, 0.7), (1, double.NaN));
        await rig.AppendAsync(runs[2], "loss", (0, 0.4), (1, double.PositiveInfinity));
        await rig.AppendAsync(runs[0], "auc", (0, 0.9), (1, 0.5));
        await rig.AppendAsync(runs[3], "auc", (0, 0.5));
        await rig.AppendAsync(runs[3], "void", (0, double.NaN));

        var last = await rig.Runs.CompareAsync(runs);
        Assert.Equal(["auc", "loss", "void"], last.Metrics.Select(m => m.Key));
        Assert.Equal([0.5, double.NaN, double.PositiveInfinity, null], last.Metrics[1].Values);
        Assert.Equal([0], last.Metrics[1].Best);
        Assert.Equal([0, 3], last.Metrics[0].Best);
        Assert.Empty(last.Metrics[2].Best);

        var best = await rig.Runs.CompareAsync(runs, new ComparisonOptions { Value = MetricValue.Best });
        Assert.Equal([0.9, null, null, 0.5], best.Metrics[0].Values);
        Assert.Equal([0.1, 0.7, 0.4, null], best.Metrics[1].Values);
    }

    [Fact]
    public async Task CompareAsync_goals_areTheOptionsThenTheExperimentsThenTheName()
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync();
        foreach (var key in (string[])["a", "b", "loss"])
            await rig.AppendAsync(run, key, (0, 1));
        await rig.CommitAsync(new RecordChange
        {
            Id = (await rig.Experiments.GetAsync("e")).Id.Value,
            Kind = ExperimentRecord.Kind,
            Mode = ChangeMode.Update,
            Action = "experiment.changed",
            Fields = [FieldWrite.Set("goals.a", FieldValue.Text("maximize")), FieldWrite.Set("goals.b", FieldValue.Text("minimize"))],
        });
        var goals = new Dictionary<string, MetricGoal> { ["a"] = MetricGoal.Minimize };
        var comparison = await rig.Runs.CompareAsync([run], new ComparisonOptions { Goals = goals });
        Assert.Equal(
            [(MetricGoal.Minimize, GoalSource.Option), (MetricGoal.Minimize, GoalSource.Experiment), (MetricGoal.Minimize, GoalSource.Name)],
            comparison.Metrics.Select(m => (m.Goal, m.Source)));
    }

    [Theory]
    [InlineData("MicroF1", true)]
    [InlineData("r2", true)]
    [InlineData("val/recall.mean", true)]
    [InlineData("learning_rate", false)]
    [InlineData("fit_seconds", false)]
    [InlineData("maps", false)]
    public async Task CompareAsync_nameThatSaysNothing_hasNoBest(string name, bool isKnown)
    {
        await using var rig = new StoreRig();
        RunId[] runs = [await rig.StartAsync(), await rig.StartAsync()];
        await rig.AppendAsync(runs[0], name, (0, 1));
        await rig.AppendAsync(runs[1], name, (0, 2));
        var metric = (await rig.Runs.CompareAsync(runs)).Metrics.Single();
        Assert.Equal((MetricGoal.Maximize, isKnown ? GoalSource.Name : GoalSource.Assumed), (metric.Goal, metric.Source));
        Assert.Equal(isKnown ? [1] : [], metric.Best);
    }

    [Theory]
    [InlineData("val_loss", MetricGoal.Minimize)]
    [InlineData("RMSE", MetricGoal.Minimize)]
    [InlineData("MeanAbsoluteError", MetricGoal.Minimize)]
    [InlineData("eval/perplexity.mean", MetricGoal.Minimize)]
    [InlineData("auc", MetricGoal.Maximize)]
    [InlineData("glossary_hits", MetricGoal.Maximize)]
    [InlineData("log_loss_reduction", MetricGoal.Maximize)]
    [InlineData("brier_score", MetricGoal.Minimize)]
    [InlineData("davies_bouldin", MetricGoal.Minimize)]
    [InlineData("average_distance", MetricGoal.Minimize)]
    [InlineData("val_bce", MetricGoal.Minimize)]
    [InlineData("cost", MetricGoal.Minimize)]
    [InlineData("TestHuber", MetricGoal.Minimize)]
    [InlineData("cost_reduction", MetricGoal.Maximize)]
    [InlineData("tpr", MetricGoal.Maximize)]
    [InlineData("tpr_at_fpr_0.01", MetricGoal.Maximize)]
    [InlineData("recall@fpr", MetricGoal.Maximize)]
    [InlineData("error_at_precision", MetricGoal.Minimize)]
    [InlineData("cost_savings", MetricGoal.Maximize)]
    [InlineData("cost_weighted_accuracy", MetricGoal.Maximize)]
    [InlineData("fpr", MetricGoal.Minimize)]
    [InlineData("x17", null)]
    [InlineData("", null)]
    public void Guess_name_isByItsWords(string name, MetricGoal? goal) => Assert.Equal(goal, MetricGoals.Guess(name));

    [Fact]
    public async Task CompareAsync_curveWithInfinities_keepsTheFiniteExtremes()
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync();
        var points = Enumerable.Range(0, 20_000).Select(i => ((long)i, i switch
        {
            5_000 => double.PositiveInfinity,
            5_001 => 77,
            9_000 => double.NegativeInfinity,
            9_001 => -55,
            12_000 => double.NaN,
            _ => Math.Sin(i),
        })).ToArray();
        await rig.AppendAsync(run, "m", points);
        var cells = (await rig.Runs.CompareAsync([run], new ComparisonOptions { Curves = ["m", "absent"], Cells = 100 })).Curves[0].Runs[0];
        Assert.Equal((77.0, 5_001L), (cells.MaxBy(c => c.Max).Max, cells.MaxBy(c => c.Max).MaxAt));
        Assert.Equal((-55.0, 9_001L), (cells.MinBy(c => c.Min).Min, cells.MinBy(c => c.Min).MinAt));
        Assert.Equal([5_000L], cells.Select(c => c.PositiveInfinityAt).OfType<long>());
        Assert.Equal([9_000L], cells.Select(c => c.NegativeInfinityAt).OfType<long>());
        Assert.Equal(1, cells.Sum(c => c.NanCount));
    }

    [Theory]
    [InlineData(CurveAxis.Time)]
    [InlineData(CurveAxis.RelativeTime)]
    public async Task CompareAsync_curveByTime_isBoundedAndExact(CurveAxis axis)
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync();
        var start = Microseconds.From(StoreRig.Start);
        const int count = 5_000;
        await rig.Store.CommitAsync(new Batch
        {
            Actor = "tester",
            ClientTime = StoreRig.Start,
            Appends = [new SeriesAppend(run.Value, RunRecord.MetricSeries("m"), SeriesColumns.OfNumbers(
                Enumerable.Range(0, count).Select(i => (long)i).ToArray(),
                Enumerable.Range(0, count).Select(i => start + (i * 1_000_003L)).ToArray(),
                Enumerable.Range(0, count).Select(i => i == 3_000 ? 9.0 : i % 7 / 7.0).ToArray()))],
        });
        var cells = (await rig.Runs.CompareAsync([run], new ComparisonOptions { Curves = ["m"], Axis = axis, Cells = 50 })).Curves[0].Runs[0];
        var origin = axis == CurveAxis.Time ? start : 0;
        Assert.InRange(cells.Count, 25, 50);
        Assert.Equal(count, cells.Sum(c => c.Count));
        Assert.Equal((9.0, origin + (3_000 * 1_000_003L)), (cells.MaxBy(c => c.Max).Max, cells.MaxBy(c => c.Max).MaxAt));
        Assert.Equal(cells.OrderBy(c => c.First), cells);
    }

    [Theory]
    [InlineData(CurveAxis.Step)]
    [InlineData(CurveAxis.Time)]
    public async Task CompareAsync_fork_hasTheCurveOfItsSourceUpToTheStep(CurveAxis axis)
    {
        await using var rig = new StoreRig();
        var source = await rig.StartAsync();
        var fork = await rig.StartAsync();
        await rig.CommitAsync(RunRecord.Edited(fork, RunRecord.Forked(source, 9)));
        await rig.AppendAsync(source, "m", [.. Enumerable.Range(0, 20).Select(i => ((long)i, i == 3 ? double.PositiveInfinity : i))]);
        await rig.AppendAsync(fork, "m", (10, -1), (11, -2));
        var cells = (await rig.Runs.CompareAsync([fork], new ComparisonOptions { Curves = ["m"], Axis = axis, Cells = 4 })).Curves[0].Runs[0];
        Assert.Equal(12, cells.Sum(c => c.Count));
        Assert.Equal((-2.0, 9.0), (cells.Min(c => c.Min), cells.Max(c => c.Max)));
        Assert.Single(cells, c => c.PositiveInfinityAt is not null);
    }

    [Fact]
    public async Task CompareAsync_wrongIds_areRefused()
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => rig.Runs.CompareAsync([]));
        await Assert.ThrowsAsync<ArgumentException>(() => rig.Runs.CompareAsync([run, run]));
        await Assert.ThrowsAsync<ArgumentException>(() => rig.Runs.CompareAsync([default]));
        await Assert.ThrowsAsync<NotFoundException>(() => rig.Runs.CompareAsync([run, new RunId(new RecordId(1))]));
    }

    [Fact]
    public async Task GroupAsync_fields_aggregateInEachGroup()
    {
        await using var rig = new StoreRig();
        for (var i = 0; i < 7; i++)
        {
            var run = await rig.StartAsync();
            if (i < 6)
                await rig.CommitAsync(RunRecord.Logged(run, [RunRecord.Param("depth", i % 2 == 0 ? "10" : "9", null)]));
            await rig.AppendAsync(run, "auc", (0, i == 5 ? double.NaN : i));
        }

        var groups = await rig.Runs.GroupAsync(new RunQuery { Limit = 1 }, [RunField.Param("depth")], [RunField.Metric("auc"), RunField.Metric("absent")]);
        Assert.Equal(["9", "10", null], groups.Select(g => g.Key[0]));
        Assert.Equal([3, 3, 1], groups.Select(g => g.Count));
        Assert.Equal(new FieldAggregate(2, 1, 1, 3, 2, Math.Sqrt(2)), groups[0].Aggregates[0]);
        Assert.Equal(new FieldAggregate(3, 0, 0, 4, 2, 2), groups[1].Aggregates[0]);
        Assert.Equal(new FieldAggregate(1, 0, 6, 6, 6, double.NaN), groups[2].Aggregates[0]);
        Assert.Equal(0, groups[0].Aggregates[1].Count);
    }

    [Fact]
    public async Task GroupAsync_severalPages_countsEveryRunAndTellsHowFarItIs()
    {
        await using var rig = new StoreRig();
        for (var i = 0; i < 1_100; i++)
            await rig.StartAsync(name: i % 2 == 0 ? "even" : "odd");
        var progress = new Reports();
        var groups = await rig.Runs.GroupAsync(new RunQuery(), [RunField.RunName], [], progress);
        Assert.Equal([("even", 550L), ("odd", 550L)], groups.Select(g => (g.Key[0], g.Count)));
        Assert.Equal([1_000, 1_100], progress.Told);
    }

    private sealed class Reports : IProgress<long>
    {
        public List<long> Told { get; } = [];

        public void Report(long value) => Told.Add(value);
    }
}

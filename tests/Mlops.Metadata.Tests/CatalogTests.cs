using Mlops.Storage;

namespace Mlops.Metadata.Tests;

public sealed class CatalogTests
{
    [Fact]
    public async Task QueryAsync_filters_matchExactly()
    {
        await using var rig = new StoreRig();
        var runs = new List<RunId>();
        for (var i = 0; i < 6; i++)
        {
            var id = await rig.StartAsync(i % 2 == 0 ? "even" : "odd", start: StoreRig.Start.AddMinutes(-i));
            runs.Add(id);
            await rig.CommitAsync(RunRecord.Logged(id, [
                RunRecord.Param("trees", $"{i * 10}", i * 10), RunRecord.Param("kind", i < 3 ? "fast" : "slow", null), RunRecord.Tag("team", $"t{i}")]));
            await rig.AppendAsync(id, "auc", (0, 0.9), (1, i / 10.0));
        }

        await rig.CommitAsync(RunRecord.Ended(runs[4], new RunEnd(RunStatus.Finished, StoreRig.Start)));
        await AssertAsync(new RunQuery { Experiment = "odd" }, 1, 3, 5);
        await AssertAsync(new RunQuery { Filter = RunFilter.Param("trees", FilterOperator.Greater, 9.5), Experiment = "even" }, 2, 4);
        await AssertAsync(new RunQuery { Filter = RunFilter.Param("kind", FilterOperator.Equal, "fast") }, 0, 1, 2);
        await AssertAsync(new RunQuery { Filter = RunFilter.Param("kind", FilterOperator.Greater, 0) });
        await AssertAsync(new RunQuery { Filter = RunFilter.Tag("team", FilterOperator.Equal, "t3") }, 3);
        await AssertAsync(new RunQuery { Filter = RunFilter.Metric("auc", FilterOperator.GreaterOrEqual, 0.4) }, 4, 5);
        await AssertAsync(new RunQuery { Filter = RunFilter.Metric("auc", FilterOperator.Equal, 0.9, SeriesAggregate.Max) }, 0, 1, 2, 3, 4, 5);
        await AssertAsync(new RunQuery { Filter = RunFilter.Metric("absent", FilterOperator.NotEqual, 1) });
        await AssertAsync(new RunQuery { Filter = RunFilter.Status(RunStatus.Finished) }, 4);
        await AssertAsync(new RunQuery { OrderBy = [RunOrder.StartTime()] }, 5, 4, 3, 2, 1, 0);
        await AssertAsync(new RunQuery { OrderBy = [RunOrder.StartTime(descending: true)] }, 0, 1, 2, 3, 4, 5);
        await AssertAsync(new RunQuery { OrderBy = [RunOrder.Metric("auc", descending: true)], Limit = 2 }, 5, 4);
        await AssertAsync(new RunQuery { OrderBy = [RunOrder.Param("trees")], Limit = 3 }, 0, 1, 2);
        await AssertAsync(new RunQuery { OrderBy = [RunOrder.Tag("team", descending: true)], Limit = 1 }, 5);

        async Task AssertAsync(RunQuery query, params int[] expected) =>
            Assert.Equal(expected, (await rig.Runs.QueryAsync(query)).Runs.Select(r => runs.IndexOf(r.Id)));
    }

    [Fact]
    public async Task ShowPointsAsync_countsTheMetricPointsOfAllRuns()
    {
        await using var rig = new StoreRig();
        var (one, two) = (await rig.StartAsync(), await rig.StartAsync());
        await rig.AppendAsync(one, "auc", (0, 0.5), (1, 0.6));
        await rig.AppendAsync(two, "loss", (0, 1));
        Assert.Equal(3, await rig.Runs.ShowPointsAsync([one, two]));
        await rig.Runs.HidePointsAsync([one]);
        Assert.Equal(1, await rig.Runs.ShowPointsAsync([two]));
        await Assert.ThrowsAsync<ArgumentException>(() => rig.Runs.ShowPointsAsync([one, default]));
    }

    [Fact]
    public async Task QueryAsync_deleted_areLeftOutUnlessAskedFor()
    {
        await using var rig = new StoreRig();
        var id = await rig.StartAsync();
        await rig.CommitAsync(RunRecord.Staged(id, LifecycleStage.Deleted));
        Assert.Empty((await rig.Runs.QueryAsync(new RunQuery())).Runs);
        Assert.Equal(LifecycleStage.Deleted, Assert.Single((await rig.Runs.QueryAsync(new RunQuery { IncludeDeleted = true })).Runs).Stage);
        await rig.CommitAsync(RunRecord.Staged(id, LifecycleStage.Active));
        Assert.Equal(LifecycleStage.Active, Assert.Single((await rig.Runs.QueryAsync(new RunQuery())).Runs).Stage);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(23)]
    [InlineData(100)]
    public async Task QueryAsync_pages_giveEveryRunOnceNewestFirst(int limit)
    {
        await using var rig = new StoreRig();
        var runs = new List<RunId>();
        for (var i = 0; i < 23; i++)
            runs.Add(await rig.StartAsync());
        List<RunId> seen = [];
        var query = new RunQuery { Limit = limit };
        while (true)
        {
            var page = await rig.Runs.QueryAsync(query);
            Assert.InRange(page.Runs.Count, page.Next is null ? 0 : limit, limit);
            seen.AddRange(page.Runs.Select(r => r.Id));
            if (page.Next is null)
                break;
            query = query with { Cursor = page.Next };
        }

        Assert.Equal(Enumerable.Reverse(runs), seen);
    }

    [Fact]
    public async Task QueryAsync_ties_areByStartThenIdDescendingAndPagesStayStableWhileRunsAreAdded()
    {
        await using var rig = new StoreRig();
        List<RunId> runs = [];
        for (var i = 0; i < 12; i++)
        {
            runs.Add(await rig.StartAsync(start: StoreRig.Start.AddMinutes(-(i / 4))));
            await rig.AppendAsync(runs[i], "m", (0, 1));
        }

        // four runs share each start: later ids first
        RunId[] expected = [.. runs.Select((id, i) => (id, i)).OrderBy(r => r.i / 4).ThenByDescending(r => r.i).Select(r => r.id)];
        foreach (var order in (RecordOrder[][])[[], [RunOrder.Metric("m")], [RunOrder.StartTime(descending: true)]])
        {
            List<RunId> seen = [];
            var query = new RunQuery { OrderBy = order, Limit = 3 };
            do
            {
                var page = await rig.Runs.QueryIdsAsync(query);
                seen.AddRange(page.Ids);
                await rig.StartAsync("later", start: StoreRig.Start.AddDays(1));
                query = query with { Cursor = page.Next };
            }
            while (query.Cursor is not null);
            Assert.Equal(expected, seen.Where(expected.Contains));
            Assert.Equal(seen.Count, seen.Distinct().Count());
        }
    }

    [Fact]
    public async Task QueryAsync_select_takesOnlyWhatIsNamedBesideTheAttributes()
    {
        await using var rig = new StoreRig();
        var id = await rig.StartAsync();
        await rig.CommitAsync(RunRecord.Logged(id, [RunRecord.Param("a", "1", 1), RunRecord.Param("b", "2", 2), RunRecord.Tag("t", "x")]));
        await rig.AppendAsync(id, "m", (0, 1));
        await rig.AppendAsync(id, "other", (0, 1));
        var whole = Assert.Single((await rig.Runs.QueryAsync(new RunQuery())).Runs);
        Assert.Equal((2, 2, 1), (whole.Params.Count, whole.Metrics.Count, whole.Tags.Count));
        var run = Assert.Single((await rig.Runs.QueryAsync(new RunQuery { Select = ["params.b", "metrics.m*"] })).Runs);
        Assert.Equal(["b"], run.Params.Keys);
        Assert.Equal(["m"], run.Metrics.Keys);
        Assert.Empty(run.Tags);
        Assert.Equal((whole.Name, whole.Status, whole.StartTime, whole.ExperimentId, whole.Owner), (run.Name, run.Status, run.StartTime, run.ExperimentId, run.Owner));
        Assert.Equal([id], (await rig.Runs.QueryIdsAsync(new RunQuery())).Ids);
        await Assert.ThrowsAsync<ArgumentException>(() => rig.Runs.QueryAsync(new RunQuery { Select = ["status"] }));
    }

    [Fact]
    public async Task QueryAsync_unknownExperiment_namesItAndTheStore()
    {
        await using var rig = new StoreRig();
        var missing = await Assert.ThrowsAsync<NotFoundException>(() => rig.Runs.QueryAsync(new RunQuery { Experiment = "nowhere" }));
        Assert.Contains("'nowhere'", missing.Message, StringComparison.Ordinal);
        Assert.Contains("mlops.db", missing.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<NotFoundException>(() => rig.Experiments.GetAsync("nowhere"));
        Assert.Null(await rig.Experiments.FindAsync("nowhere"));
        Assert.Null(await rig.Runs.FindAsync(new RunId(new RecordId(1))));
    }

    [Fact]
    public async Task ReadMetricAsync_severalAppends_areByStepThenTimeThenArrival()
    {
        await using var rig = new StoreRig();
        var id = await rig.StartAsync();
        await rig.AppendAsync(id, "m", (5, 1), (1, 2), (5, 3));
        await rig.AppendAsync(id, "m", (1, double.NaN), (0, double.NegativeInfinity));
        Assert.Equal(
            [new(0, StoreRig.Start, double.NegativeInfinity), new(1, StoreRig.Start, 2), new(1, StoreRig.Start, double.NaN), new(5, StoreRig.Start, 1), new(5, StoreRig.Start, 3)],
            await rig.Runs.ReadMetricAsync(id, "m"));
        Assert.Empty(await rig.Runs.ReadMetricAsync(id, "absent"));
        var summary = (await rig.Runs.GetAsync(id)).Metrics["m"];
        Assert.Equal((5L, 1L, 0L, 5L, 3.0), (summary.Count, summary.NanCount, summary.FirstStep, summary.LastStep, summary.Last));
    }

    [Fact]
    public async Task SampleMetricAsync_longCurve_keepsTheExtremesAtTheirSteps()
    {
        await using var rig = new StoreRig();
        var id = await rig.StartAsync();
        var points = Enumerable.Range(0, 50_000).Select(i => ((long)i, i == 31_234 ? -7.0 : i == 12_345 ? 9.0 : Math.Sin(i))).ToArray();
        await rig.AppendAsync(id, "m", points);
        var buckets = await rig.Runs.SampleMetricAsync(id, "m", 100);
        Assert.InRange(buckets.Count, 50, 100);
        Assert.Equal(50_000, buckets.Sum(b => b.Count));
        Assert.Equal((-7.0, 31_234L), (buckets.MinBy(b => b.Min).Min, buckets.MinBy(b => b.Min).MinStep));
        Assert.Equal((9.0, 12_345L), (buckets.MaxBy(b => b.Max).Max, buckets.MaxBy(b => b.Max).MaxStep));
        Assert.Empty(await rig.Runs.SampleMetricAsync(id, "absent"));
    }

    [Fact]
    public async Task ListAsync_experiments_areByName()
    {
        await using var rig = new StoreRig();
        foreach (var name in (string[])["b", "a", "ä", "B", "a"])
            await rig.StartAsync(name);
        Assert.Equal(["B", "a", "b", "ä"], (await rig.Experiments.ListAsync()).Select(e => e.Name));
        Assert.Equal("ä", (await rig.Experiments.GetAsync("ä")).Name);
    }

    [Fact]
    public async Task ListArtifactsAsync_samePathAgain_showsTheNewestOfThisRun()
    {
        await using var rig = new StoreRig();
        var run = await rig.StartAsync();
        var other = await rig.StartAsync();
        await rig.LogAsync(run, "a/x", "old");
        await rig.LogAsync(other, "a/x", "other");
        var newest = await rig.LogAsync(run, "a/x", "new");
        var second = await rig.LogAsync(run, "a.txt", "second");
        Assert.Equal([second, newest], await rig.Runs.ListArtifactsAsync(run));
        Assert.Equal((run, 3L), (newest.Run, newest.SizeBytes));
        using var reader = new StreamReader(await rig.Runs.OpenArtifactAsync(run, "a/x"));
        Assert.Equal("new", await reader.ReadToEndAsync());
        await rig.Runs.DownloadArtifactAsync(other, "a/x", rig["copy"]);
        Assert.Equal("other", await File.ReadAllTextAsync(rig["copy"]));
        await Assert.ThrowsAsync<NotFoundException>(() => rig.Runs.OpenArtifactAsync(other, "a.txt"));
        await Assert.ThrowsAsync<ArgumentException>(() => rig.Runs.OpenArtifactAsync(run, "../x"));
    }

    [Fact]
    public async Task Artifact_logged_cannotBeChanged()
    {
        await using var rig = new StoreRig();
        var artifact = await rig.LogAsync(await rig.StartAsync(), "a", "x");
        await Assert.ThrowsAsync<ImmutableException>(() => rig.CommitAsync(new RecordChange
        {
            Id = artifact.Id.Value,
            Kind = ArtifactRecord.Kind,
            Mode = ChangeMode.Update,
            Action = "artifact.changed",
            Fields = [FieldWrite.Set("path", FieldValue.Text("b"))],
        }));
    }
}

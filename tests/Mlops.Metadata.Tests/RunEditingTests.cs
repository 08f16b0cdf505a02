using Mlops.Storage;

namespace Mlops.Metadata.Tests;

public sealed class RunEditingTests
{
    private static readonly RunEnd Finished = new(RunStatus.Finished, StoreRig.Start);

    [Fact]
    public async Task Edits_readBack_areWhatWasGivenAndAgainIsFine()
    {
        await using var rig = new StoreRig();
        var id = await rig.StartAsync();
        for (var i = 0; i < 2; i++)
        {
            await rig.Runs.RenameAsync(id, "better");
            await rig.Runs.SetNotesAsync(id, "# Seen");
            await rig.Runs.SetTagAsync(id, "team", "ops");
            await rig.Runs.RemoveTagAsync(id, "absent");
            await rig.Runs.MoveAsync(id, "new/home");
        }

        var run = await rig.Runs.GetAsync(id);
        Assert.Equal(("better", "# Seen", "ops"), (run.Name, run.Notes, run.Tags["team"]));
        Assert.Equal((await rig.Experiments.GetAsync("new/home")).Id, run.ExperimentId);
        Assert.Equal(
            ["run.started", "run.edited", "run.edited", "run.edited", "run.moved"],
            (await rig.Store.ReadChainAsync(id.Value)).Select(e => e.Entry.Action));
        await rig.Runs.RemoveTagAsync(id, "team");
        await rig.Runs.SetNotesAsync(id, "");
        run = await rig.Runs.GetAsync(id);
        Assert.Equal((null, 0), (run.Notes, run.Tags.Count));
        await Assert.ThrowsAsync<ArgumentException>(() => rig.Runs.RenameAsync(id, ""));
        await Assert.ThrowsAsync<ArgumentException>(() => rig.Runs.SetNotesAsync(id, new string('x', 65_537)));
    }

    [Fact]
    public async Task DeleteAsync_parent_takesTheTreeAlongAndRestoresJustThat()
    {
        await using var rig = new StoreRig();
        var root = await rig.StartAsync();
        var child = await rig.StartAsync(parent: root);
        var grandchild = await rig.StartAsync("elsewhere", parent: child);
        var before = await rig.StartAsync(parent: root);
        await rig.Runs.DeleteAsync(before);
        Assert.Equal([child], (await rig.Runs.ListChildrenAsync(root)).Select(r => r.Id));
        Assert.Equal([child, root], (await rig.Runs.ListAncestorsAsync(grandchild)).Select(r => r.Id));
        await rig.Runs.DeleteAsync(root);
        await rig.Runs.DeleteAsync(root);
        Assert.Empty((await rig.Runs.QueryAsync(new RunQuery())).Runs);
        await rig.Runs.RestoreAsync(root);
        await rig.Runs.RestoreAsync(root);
        Assert.Equal([grandchild, child, root], (await rig.Runs.QueryAsync(new RunQuery())).Runs.Select(r => r.Id));
    }

    [Fact]
    public async Task PurgeAsync_childrenForksAndRunning_areRefusedByName()
    {
        await using var rig = new StoreRig();
        var root = await rig.StartAsync();
        await AssertRefusedAsync(() => rig.Runs.PurgeAsync(root), "is running");
        await rig.CommitAsync(RunRecord.Ended(root, Finished));
        var child = await rig.StartAsync(name: "small", parent: root);
        await rig.CommitAsync(RunRecord.Ended(child, Finished));
        await AssertRefusedAsync(() => rig.Runs.PurgeAsync(root), "'small'");
        var fork = await rig.StartAsync(name: "branch");
        await rig.CommitAsync(RunRecord.Edited(fork, RunRecord.Forked(child, 3)), RunRecord.Ended(fork, Finished));
        await AssertRefusedAsync(() => rig.Runs.PurgeAsync(root, withChildren: true), "'branch'");
        await AssertRefusedAsync(() => rig.Runs.PurgeAsync(child), "'branch'");
        await rig.Runs.PurgeAsync(fork);
        await rig.Runs.PurgeAsync(root, withChildren: true);
        Assert.Empty((await rig.Runs.QueryAsync(new RunQuery { IncludeDeleted = true })).Runs);
    }

    [Fact]
    public async Task PurgeAsync_ended_leavesATombstoneThatVerifiesAndSaysSo()
    {
        await using var rig = new StoreRig();
        var id = await rig.StartAsync();
        await rig.CommitAsync(RunRecord.Logged(id, [RunRecord.Param("a", "1", 1)]), RunRecord.Logged(id, [RunRecord.Param("a", "2", 2)]));
        await rig.AppendAsync(id, "m", (1, 1));
        var artifact = await rig.LogAsync(id, "a", "x");
        await rig.CommitAsync(RunRecord.Ended(id, Finished));
        await rig.Runs.PurgeAsync(id);
        await rig.Runs.PurgeAsync(id);
        Assert.Null(await rig.Runs.FindAsync(id));
        var gone = await Assert.ThrowsAsync<NotFoundException>(() => rig.Runs.GetAsync(id));
        Assert.Contains("was purged", gone.Message, StringComparison.Ordinal);
        Assert.Contains("was purged", (await Assert.ThrowsAsync<NotFoundException>(() => rig.Runs.RenameAsync(id, "n"))).Message, StringComparison.Ordinal);
        Assert.Contains("was purged", (await Assert.ThrowsAsync<NotFoundException>(() => rig.Runs.DeleteAsync(id))).Message, StringComparison.Ordinal);
        Assert.Empty(await rig.Runs.ReadMetricAsync(id, "m"));
        Assert.Empty(await rig.Runs.ListArtifactsAsync(id));
        var tombstone = (await rig.Store.FindRecordAsync(id.Value))!;
        Assert.Equal((true, 0, 0), (tombstone.IsPurged, tombstone.Fields.Count, tombstone.Conflicts.Count));
        Assert.Equal("run.purged", (await rig.Store.ReadChainAsync(id.Value))[^1].Entry.Action);
        Assert.Equal("artifact.purged", (await rig.Store.ReadChainAsync(artifact.Id.Value))[^1].Entry.Action);
        Assert.Empty((await rig.Store.VerifyAsync()).Problems);
        await Assert.ThrowsAsync<NotFoundException>(() => rig.Runs.PurgeAsync(new RunId(new RecordId(123))));
    }

    [Fact]
    public async Task PurgeAsync_moreArtifactsThanABatch_leavesNone()
    {
        await using var rig = new StoreRig();
        var id = await rig.StartAsync();
        var content = await rig.Content.PutAsync("x"u8.ToArray());
        await rig.CommitAsync([.. Enumerable.Range(1, 1_100).Select(i =>
            ArtifactRecord.Logged(new ArtifactId(new RecordId((UInt128)i)), id, ArtifactPath.Parse($"a{i}"), content))]);
        await rig.CommitAsync(RunRecord.Ended(id, Finished));
        await rig.Runs.PurgeAsync(id);
        Assert.Empty(await rig.Runs.ListArtifactsAsync(id));
        Assert.Empty((await rig.Store.QueryAsync(new RecordQuery { Kind = ArtifactRecord.Kind })).Records);
        Assert.Empty((await rig.Store.VerifyAsync()).Problems);
    }

    [Fact]
    public async Task Curves_forkOfAFork_areTheSourcesUpToTheStepsAndThenItsOwn()
    {
        await using var rig = new StoreRig();
        var first = await rig.StartAsync();
        await rig.AppendAsync(first, "m", [.. Enumerable.Range(0, 30_000).Select(i => ((long)i, i == 9_000 ? 7.0 : i == 25_000 ? 99.0 : 0.5))]);
        await rig.AppendAsync(first, "only", (1, 1.0), (20_000, 2.0));
        var second = await ForkAsync(first, 19_999);
        await rig.AppendAsync(second, "m", [.. Enumerable.Range(20_000, 10_000).Select(i => ((long)i, i == 21_000 ? -7.0 : 0.25))]);
        var third = await ForkAsync(second, 22_000);
        await rig.AppendAsync(third, "m", (22_001, 3.0), (22_002, double.NaN));

        var points = await rig.Runs.ReadMetricAsync(third, "m");
        Assert.Equal(Enumerable.Range(0, 22_003).Select(i => (long)i), points.Select(p => p.Step));
        Assert.Equal((7.0, 0.5, -7.0, 3.0), (points[9_000].Value, points[19_999].Value, points[21_000].Value, points[22_001].Value));

        foreach (var most in (int[])[1, 2, 3, 10, 500])
        {
            var buckets = await rig.Runs.SampleMetricAsync(third, "m", most);
            Assert.InRange(buckets.Count, 1, most);
            Assert.Equal(22_003, buckets.Sum(b => b.Count));
            Assert.Equal(1, buckets.Sum(b => b.NanCount));
            Assert.Equal(buckets.OrderBy(b => b.FirstStep), buckets);
            Assert.Equal((-7.0, 21_000L), (buckets.MinBy(b => b.Min).Min, buckets.MinBy(b => b.Min).MinStep));
            Assert.Equal((7.0, 9_000L), (buckets.MaxBy(b => b.Max).Max, buckets.MaxBy(b => b.Max).MaxStep));
        }

        var run = await rig.Runs.GetAsync(third);
        Assert.Equal((second, 22_000L), (run.ForkedFrom, run.ForkStep));
        var whole = run.Metrics["m"];
        Assert.Equal((22_003L, 0L, 22_002L, 1L), (whole.Count, whole.FirstStep, whole.LastStep, whole.NanCount));
        Assert.Equal((-7.0, 21_000L, 7.0, 9_000L), (whole.Min, whole.MinStep, whole.Max, whole.MaxStep));
        Assert.Equal((1L, 1.0, 1L), (run.Metrics["only"].Count, run.Metrics["only"].Last, run.Metrics["only"].LastStep));
        Assert.Equal(2, (await rig.Runs.QueryAsync(new RunQuery())).Runs.Single(r => r.Id == third).Metrics["m"].Count);

        async Task<RunId> ForkAsync(RunId source, long step)
        {
            var fork = await rig.StartAsync();
            await rig.CommitAsync(RunRecord.Edited(fork, RunRecord.Forked(source, step)));
            return fork;
        }
    }

    private static async Task AssertRefusedAsync(Func<Task> call, string because) =>
        Assert.Contains(because, (await Assert.ThrowsAsync<InvalidOperationException>(call)).Message, StringComparison.Ordinal);
}

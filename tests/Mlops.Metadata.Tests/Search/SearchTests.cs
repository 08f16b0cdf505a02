using Mlops.Storage;

namespace Mlops.Metadata.Tests.Search;

public sealed class SearchTests
{
    [Fact]
    public async Task SearchAsync_experimentNames_stayRightUnderNot()
    {
        await using var rig = new StoreRig();
        foreach (var name in (string[])["vision/cats", "vision/dogs", "text"])
            await rig.StartAsync(name, name);
        await AssertAsync("experiment LIKE 'vision/%'", "vision/cats", "vision/dogs");
        await AssertAsync("NOT experiment LIKE 'vision/%'", "text");
        await AssertAsync("experiment = 'absent'");
        await AssertAsync("NOT experiment = 'absent'", "text", "vision/cats", "vision/dogs");
        await AssertAsync("experiment != 'text'", "vision/cats", "vision/dogs");
        await AssertAsync("experiment NOT IN ('text', 'vision/cats')", "vision/dogs");
        await AssertAsync($"experiment_id = '{(await rig.Experiments.GetAsync("text")).Id}'", "text");
        await AssertAsync("experiment ILIKE 'TEXT' OR experiment IS NULL", "text");
        var typed = await rig.Runs.QueryAsync(new RunQuery { Filter = !RunFilter.Experiment.IsLike("vision/%") });
        Assert.Equal("text", Assert.Single(typed.Runs).Name);
        await Assert.ThrowsAsync<ArgumentException>(() => rig.Runs.QueryAsync(new RunQuery { Filter = RunFilter.Experiment.IsLess("a") }));

        async Task AssertAsync(string filter, params string[] names) =>
            Assert.Equal(names, (await rig.Runs.SearchAsync(filter, "name")).Runs.Select(r => r.Name));
    }

    // the table of docs/search.md: a run without params.x makes a comparison of it unknown
    [Theory]
    [InlineData("params.x = 'a'", false)]
    [InlineData("params.x != 'a'", false)]
    [InlineData("NOT params.x = 'a'", false)]
    [InlineData("NOT params.x != 'a'", false)]
    [InlineData("params.x NOT IN ('a')", false)]
    [InlineData("params.x = 'a' OR name = 'r'", true)]
    [InlineData("params.x = 'a' OR name = 'q'", false)]
    [InlineData("NOT (params.x = 'a' OR name = 'q')", false)]
    [InlineData("params.x = 'a' AND name = 'q'", false)]
    [InlineData("NOT (params.x = 'a' AND name = 'q')", true)]
    [InlineData("NOT (params.x = 'a' AND name = 'r')", false)]
    [InlineData("params.x IS NULL", true)]
    [InlineData("NOT params.x IS NULL", false)]
    public async Task SearchAsync_missingValue_isUnknown(string filter, bool matches)
    {
        await using var rig = new StoreRig();
        await rig.StartAsync();
        Assert.Equal(matches ? 1 : 0, (await rig.Runs.SearchAsync(filter)).Runs.Count);
    }

    [Fact]
    public async Task SearchAsync_lifecycle_showsTheDeletedOnlyIfAskedFor()
    {
        await using var rig = new StoreRig();
        await rig.StartAsync(name: "here");
        await rig.CommitAsync(RunRecord.Staged(await rig.StartAsync(name: "gone"), LifecycleStage.Deleted));
        Assert.Equal(["here"], await NamesAsync(""));
        Assert.Equal(["here"], await NamesAsync("lifecycle = 'active'"));
        Assert.Equal(["gone"], await NamesAsync("lifecycle = 'deleted'"));
        Assert.Equal(["gone", "here"], await NamesAsync("lifecycle IN ('active', 'deleted')"));

        async Task<IEnumerable<string>> NamesAsync(string filter) => (await rig.Runs.SearchAsync(filter, "name")).Runs.Select(r => r.Name);
    }

    [Fact]
    public async Task SearchAsync_pages_goOnWhileTimePassesAndExperimentsAreAdded()
    {
        await using var rig = new StoreRig();
        List<RunId> runs = [];
        for (var i = 0; i < 7; i++)
            runs.Add(await rig.StartAsync($"vision/{i}"));
        const string Filter = "experiment LIKE 'vision/%' AND start_time < now() - 1h";
        List<RunId> seen = [];
        string? cursor = null;
        do
        {
            var page = await rig.Runs.SearchAsync(Filter, "run_id", limit: 2, cursor);
            seen.AddRange(page.Runs.Select(r => r.Id));
            await rig.StartAsync($"vision/added-{seen.Count}", start: DateTimeOffset.MaxValue);
            cursor = page.Next;
        }
        while (cursor is not null);
        Assert.Equal(runs, seen);
        var first = await rig.Runs.SearchAsync(Filter, limit: 1);
        await Assert.ThrowsAsync<ArgumentException>(() => rig.Runs.SearchAsync("name = 'other'", limit: 1, cursor: first.Next));
    }

    [Fact]
    public async Task SearchAsync_malformed_isRefusedWhenAwaited()
    {
        await using var rig = new StoreRig();
        await Assert.ThrowsAsync<FilterSyntaxException>(() => rig.Runs.SearchAsync("nonsense"));
        await Assert.ThrowsAsync<FilterSyntaxException>(() => rig.Runs.SearchAsync("", "nonsense"));
        await Assert.ThrowsAsync<FilterSyntaxException>(() => rig.Experiments.SearchAsync("metrics.a > 1"));
    }

    [Fact]
    public async Task SearchAsync_experiments_matchAndPage()
    {
        await using var rig = new StoreRig();
        foreach (var name in (string[])["vision/b", "text", "vision/a"])
            await rig.StartAsync(name);
        var first = await rig.Experiments.SearchAsync("name LIKE 'vision/%' AND created <= now() + 1d", limit: 1);
        Assert.Equal("vision/a", Assert.Single(first.Experiments).Name);
        var second = await rig.Experiments.SearchAsync("name LIKE 'vision/%' AND created <= now() + 1d", limit: 1, cursor: first.Next);
        Assert.Equal("vision/b", Assert.Single(second.Experiments).Name);
        Assert.Null(second.Next);
        Assert.Equal(["vision/b", "vision/a", "text"], (await rig.Experiments.SearchAsync(orderBy: "name DESC")).Experiments.Select(e => e.Name));
        Assert.Empty((await rig.Experiments.SearchAsync("lifecycle = 'deleted'")).Experiments);
    }
}

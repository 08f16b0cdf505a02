using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking.Tests;

[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "xunit disposes through IAsyncLifetime")]
public sealed class ContextSearchTests : IAsyncLifetime
{
    private readonly Rig _rig = new();

    public async Task InitializeAsync()
    {
        await RunAsync("a", RunContextValue.Text("gpu", "A100"), RunContextValue.Number("cores", 8));
        await RunAsync("b", RunContextValue.Text("gpu", "H100"), RunContextValue.Number("cores", 16));
        await RunAsync("c", RunContextValue.Number("cores", 32));
        await using var bare = await _rig.Open().StartRunAsync("flights", new RunOptions { Name = "d" });
        await bare.CompleteAsync();
    }

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [Theory]
    [InlineData("context.gpu = 'A100'", "a")]
    [InlineData("context.gpu != 'A100'", "b")]
    [InlineData("NOT context.gpu = 'A100'", "b")]
    [InlineData("NOT context.gpu != 'A100'", "a")]
    [InlineData("NOT (context.gpu = 'A100' AND run_name = 'a')", "bcd")]
    [InlineData("NOT (context.gpu = 'A100' OR run_name = 'b')", "")]
    [InlineData("NOT (NOT context.gpu = 'A100')", "a")]
    [InlineData("context.gpu IN ('A100', 'H100', 'T4')", "ab")]
    [InlineData("context.gpu NOT IN ('A100')", "b")]
    [InlineData("context.gpu LIKE '%100'", "ab")]
    [InlineData("context.gpu NOT ILIKE 'a%'", "b")]
    [InlineData("context.gpu IS NULL", "cd")]
    [InlineData("context.gpu IS NOT NULL", "ab")]
    [InlineData("NOT (context.gpu IS NULL OR context.cores > 10)", "a")]
    [InlineData("context.cores > 9", "bc")]
    [InlineData("context.cores BETWEEN 8 AND 16", "ab")]
    [InlineData("NOT context.cores > 9", "a")]
    [InlineData("context.cores = '16'", "b")]
    [InlineData("context.gpu = 'H100' OR run_name = 'd'", "bd")]
    [InlineData("context.nothing = 1", "")]
    [InlineData("NOT context.nothing = 1", "")]
    public async Task SearchAsync_byContext_isThreeValued(string filter, string expected)
    {
        var page = await _rig.Runs.SearchAsync(filter, "run_name");

        Assert.Equal(expected, string.Concat(page.Runs.Select(r => r.Name)));
    }

    [Fact]
    public async Task QueryAsync_typedCondition_findsTheSame()
    {
        var page = await _rig.Runs.QueryAsync(new RunQuery { Filter = RunFilter.Context("gpu").Is("A100") & RunFilter.NumericContext("cores").IsAtMost(8) });

        Assert.Equal("A100", Assert.Single(page.Runs).Context["gpu"]);
    }

    [Fact]
    public async Task QueryAsync_nextPage_goesOnWithTheSameQuestion()
    {
        var query = new RunQuery { Filter = RunFilter.NumericContext("cores").IsAtLeast(8), Limit = 2 };
        var first = await _rig.Runs.QueryAsync(query);
        await RunAsync("e", RunContextValue.Number("cores", 64));
        var second = await _rig.Runs.QueryAsync(query with { Cursor = first.Next });

        Assert.Equal(["c", "b", "a"], first.Runs.Concat(second.Runs).Select(r => r.Name));
    }

    [Theory]
    [InlineData("context.gpu = 'A100'")]
    [InlineData("context.cores > 8 AND context.`a b` IS NULL")]
    [InlineData("context.gpu NOT LIKE 'A%'")]
    [InlineData("max(metrics.system/cpu_percent) > 50")]
    public void Format_aParsedFilter_isTheSameText(string filter) =>
        Assert.Equal(filter, SearchLanguage.Runs.Format(SearchLanguage.Runs.ParseFilter(filter)));

    [Fact]
    public void ParseOrder_byContext_isRefused() =>
        Assert.Contains("sorted", Assert.Throws<FilterSyntaxException>(() => SearchLanguage.Runs.ParseOrder("context.gpu")).Message, StringComparison.Ordinal);

    [Fact]
    public async Task GroupAsync_byContext_groups()
    {
        var groups = await _rig.Runs.GroupAsync(new RunQuery(), [RunField.Context("gpu")], []);

        Assert.Equal(["A100", "H100", null], groups.Select(g => g.Key[0]));
        Assert.Equal(2, groups[2].Count);
    }

    private async Task RunAsync(string name, params RunContextValue[] values)
    {
        var context = new RunContextOptions().Add(new TestProvider("test", values));
        foreach (var builtIn in BuiltInContext.Names)
            context.Without(builtIn);
        await using var run = await _rig.Open(o => o with { Context = context }).StartRunAsync("flights", new RunOptions { Name = name });
        await run.CompleteAsync();
    }
}

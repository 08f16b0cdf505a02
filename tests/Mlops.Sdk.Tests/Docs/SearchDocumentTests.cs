namespace Mlops.Sdk.Tests.Docs;

public sealed class SearchDocumentTests
{
    [Fact]
    public async Task Search_blocks_findTheRun()
    {
        using var folder = new TemporaryFolder();
        await using var mlops = await folder.OpenAsync();
        await mlops.RunAsync("vision/cats", run => Task.FromResult(run.LogParam("model", "a").LogMetric("auc", 0.7)));
        await mlops.RunAsync("vision/cats", run => Task.FromResult(run.LogParam("model", "b").LogMetric("auc", 0.8)));
        var (page, typed, vision, text) = await SearchSnippets.SearchAsync(mlops);
        Assert.Equal("a", Assert.Single(page.Runs).Params["model"]);
        Assert.Equal(page.Runs[0].Id, Assert.Single(typed.Runs).Id);
        Assert.Equal("vision/cats", Assert.Single(vision.Experiments).Name);
        Assert.Equal("end_time IS NULL OR NOT tags.team = 'ops'", text);
    }
}

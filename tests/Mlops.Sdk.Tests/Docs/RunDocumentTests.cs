using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>Runs the code of docs/runs.md.</summary>
public sealed class RunDocumentTests
{
    [Fact]
    public async Task Blocks_run_doWhatThePageSays()
    {
        using var folder = new TemporaryFolder();
        await using var mlops = await folder.OpenAsync();
        await RunSnippets.OrganiseAsync(mlops);
        var best = (await RunSnippets.SweepAsync(mlops))!;
        Assert.Equal("depth 50", best.Name);
        await RunSnippets.EditAsync(mlops, best);
        Assert.Equal("the one we ship", (await mlops.Experiments.FindLastRunAsync("vision/cats/shipped"))!.Name);
        var fork = await RunSnippets.ForkAsync(mlops, best);
        Assert.Equal("0.001", (await mlops.Runs.GetAsync(fork)).Params["learning_rate"]);
        await RunSnippets.WatchAsync(mlops, fork);
        await RunSnippets.RemoveAsync(mlops, fork);
        await Assert.ThrowsAsync<NotFoundException>(() => mlops.Runs.GetAsync(fork));
    }
}

using Mlops.Metadata;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>Runs the code of docs/pipelines.md.</summary>
public sealed class PipelineDocumentTests
{
    [Fact]
    public async Task Blocks_run_doWhatThePageSays()
    {
        using var folder = new TemporaryFolder();
        await using var mlops = await folder.OpenAsync();
        await PipelineSnippets.StepsAsync(mlops, CancellationToken.None);
        var run = (await mlops.Experiments.FindLastRunAsync("flight-delays"))!;
        var steps = await mlops.Runs.ListStepsAsync(run.Id);
        Assert.Equal(["ingest", "train"], steps.Select(s => s.Name));
        Assert.Equal(steps[0].Outputs, steps[1].Inputs);
        Assert.Equal(3, steps[1].Children.Count);
        await PipelineSnippets.ReadAsync(mlops, run.Id);

        await mlops.RunAsync("one-step", PipelineSnippets.StepAsync);
        var single = (await mlops.Experiments.FindLastRunAsync("one-step"))!;
        Assert.Equal("features/columns.txt", Assert.Single(Assert.Single(await mlops.Runs.ListStepsAsync(single.Id)).Outputs).Name);

        await mlops.RunAsync("watched", PipelineSnippets.WatchAsync);
        var found = Assert.Single((await PipelineSnippets.FindAsync(mlops)).Runs);
        Assert.Equal((RunStatus.Finished, 13L), (found.Status, found.Metrics["val_auc"].LastStep));
    }
}

using Mlops.Metadata;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>Runs the code of docs/values.md.</summary>
public sealed class ValueDocumentTests
{
    [Fact]
    public async Task Blocks_run_doWhatThePageSays()
    {
        using var folder = new TemporaryFolder();
        await using var mlops = await folder.OpenAsync();
        await using var run = await mlops.StartRunAsync("e");
        byte[] png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82];
        await ValueSnippets.LogAsync(run, png, [1, 2, 3], [0.9, 0.1], [true, false], epoch: 4);
        await run.FlushAsync();

        Assert.Equal(new ImageValue(png), await ValueSnippets.ReadAsync(mlops, run.Id));
        Assert.Equal(6, (await mlops.Runs.ListValuesAsync(run.Id)).Count);

        var file = folder["model.zip"];
        await File.WriteAllTextAsync(file, "the model");
        var download = Path.GetFullPath("best.zip");
        try
        {
            Assert.Equal("checkpoints/model/4/model.zip", await ValueSnippets.CheckpointAsync(mlops, run, file, 4, 0.7));
            Assert.Equal("the model", await File.ReadAllTextAsync(download));
        }
        finally
        {
            File.Delete(download);
        }

        await run.CompleteAsync();
        var archive = folder["one.zip"];
        await mlops.ExportAsync(archive, [run.Id]);
        await using var elsewhere = await MlopsClient.OpenAsync(new MlopsOptions { Path = folder["elsewhere"] });
        await elsewhere.ImportAsync(archive);
        Assert.Equal(new ImageValue(png), await ValueSnippets.ReadAsync(elsewhere, run.Id));
    }
}

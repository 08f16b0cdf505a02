using System.IO.Compression;
using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Sdk.Tests.Archives;

public sealed class ArchiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Archive => _folder["runs.mlops.zip"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ImportAsync_exportedRun_isTheSameRunWithAllItNeeds()
    {
        await using var source = await _folder.OpenAsync();
        var (parent, child, fork) = await LogFamilyAsync(source);
        await source.ExportAsync(Archive, [parent, fork]);

        await using var target = await OpenTargetAsync();
        var report = await target.ImportAsync(Archive);

        Assert.Empty(report.Differences);
        foreach (var id in (RunId[])[parent, child, fork])
        {
            var (wanted, found) = (await source.Runs.GetAsync(id), await target.Runs.GetAsync(id));
            Assert.Equal((wanted.Name, wanted.Status, wanted.StartTime, wanted.EndTime), (found.Name, found.Status, found.StartTime, found.EndTime));
            Assert.Equal(wanted.Params, found.Params);
            Assert.Equal(wanted.Tags, found.Tags);
            Assert.Equal(wanted.Context, found.Context);
            Assert.NotEmpty(found.Context["host"]);
            Assert.Equal(await source.Runs.FindContextTableAsync(id, "packages"), await target.Runs.FindContextTableAsync(id, "packages"));
            Assert.Equal(await source.Runs.ReadMetricAsync(id, "odd"), await target.Runs.ReadMetricAsync(id, "odd"));
        }

        Assert.Equal("e/sub", (await target.Experiments.ListAsync()).Single().Name);
        using var text = new StreamReader(await target.Runs.OpenArtifactAsync(child, "deep/a.txt"));
        Assert.Equal("the file", await text.ReadToEndAsync());
        Assert.True((await target.CheckAsync(readsObjects: true)).IsHealthy);
    }

    [Fact]
    public async Task ImportAsync_runWithSteps_hasThemWithWhatTheyMade()
    {
        await using var source = await _folder.OpenAsync();
        RunId id = default;
        await source.RunAsync("steps", async run =>
        {
            id = run.Id;
            using var watch = run.Watch(WatchRule.NotFinite("loss"));
            await run.StepAsync("train", async (step, ct) =>
            {
                await step.LogTextAsync("tree", "model.txt", ct);
                await step.StepAsync("fit", (fit, _) => Task.FromResult(fit.AddInput("model.txt").AddInput("flights", "2001-01")), ct);
            });
            run.LogMetric("loss", double.NaN, 1);
        });
        await source.ExportAsync(Archive, [id]);

        await using var target = await OpenTargetAsync();
        Assert.Empty((await target.ImportAsync(Archive)).Differences);
        var (wanted, found) = (Assert.Single(await source.Runs.ListStepsAsync(id)), Assert.Single(await target.Runs.ListStepsAsync(id)));
        Assert.Equal((wanted.Id, wanted.Duration, wanted.Outputs.Single()), (found.Id, found.Duration, found.Outputs.Single()));
        Assert.Equal(wanted.Children.Single().Inputs, found.Children.Single().Inputs);
        Assert.Equal(["flights", "model.txt"], found.Children.Single().Inputs.Select(i => i.Name));
        Assert.Equal((await source.Runs.GetAsync(id)).WatchFindings, (await target.Runs.GetAsync(id)).WatchFindings);
        Assert.True((await target.CheckAsync(readsObjects: true)).IsHealthy);
    }

    [Fact]
    public async Task ExportAsync_query_takesAllPagesAndNothingElse()
    {
        await using var source = await _folder.OpenAsync();
        for (var i = 0; i < 5; i++)
            await source.RunAsync(i < 3 ? "wanted" : "other", run => LogAsync(run, i));
        await source.ExportAsync(Archive, new RunQuery { Experiment = "wanted", Limit = 2 });

        await using var target = await OpenTargetAsync();
        await target.ImportAsync(Archive);

        Assert.Equal(3, (await target.Runs.QueryAsync(new RunQuery())).Runs.Count);
        await Assert.ThrowsAsync<NotFoundException>(() => source.ExportAsync(Archive, new RunQuery { Filter = RunFilter.Tag("none").Is("x") }));
    }

    [Fact]
    public async Task ImportAsync_again_changesNothingAndKeepsWhatIsNewer()
    {
        await using var source = await _folder.OpenAsync();
        var (parent, _, _) = await LogFamilyAsync(source);
        await source.ExportAsync(Archive, [parent]);
        await using var target = await OpenTargetAsync();
        await target.ImportAsync(Archive);
        await target.Runs.SetTagAsync(parent, "reviewed", "yes");
        var before = await target.CreateCheckpointAsync();

        var again = await target.ImportAsync(Archive);
        await source.ExportAsync(Archive, [parent]);
        var exportedAgain = await target.ImportAsync(Archive);

        Assert.Equal((0L, 0L, 0L), (again.Records, again.Points, again.Objects));
        Assert.Equal((0L, 0L, 0L), (exportedAgain.Records, exportedAgain.Points, exportedAgain.Objects));
        Assert.Equal(before, await target.CreateCheckpointAsync());
        Assert.Equal("yes", (await target.Runs.GetAsync(parent)).Tags["reviewed"]);
    }

    [Fact]
    public async Task ExportAsync_unknownRun_leavesTheFileAlone()
    {
        await using var source = await _folder.OpenAsync();
        await File.WriteAllTextAsync(Archive, "older");
        await Assert.ThrowsAsync<NotFoundException>(() => source.ExportAsync(Archive, [new RunId(new RecordId(7))]));
        Assert.Equal("older", await File.ReadAllTextAsync(Archive));
        Assert.Equal(["runs.mlops.zip"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task ExportAsync_fileIsAFolder_saysSo()
    {
        await using var source = await _folder.OpenAsync();
        var (parent, _, _) = await LogFamilyAsync(source);
        Directory.CreateDirectory(Archive);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => source.ExportAsync(Archive, [parent]));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData("../escape.txt")]
    [InlineData("/absolute")]
    [InlineData("objects/sha256/ab/../../../../x")]
    [InlineData("C:\\x")]
    [InlineData("mlops.db")]
    [InlineData("mlops.db-wal")]
    [InlineData("journal/000000.seg")]
    public async Task ImportAsync_entryThatNoArchiveHas_isRefusedWhole(string name)
    {
        await using var target = await ExportThenOpenTargetAsync();
        using (var zip = ZipFile.Open(Archive, ZipArchiveMode.Update))
            await WriteAsync(zip.CreateEntry(name), "x"u8.ToArray());
        await AssertRefusedAsync<IntegrityException>(target);
    }

    [Fact]
    public async Task ImportAsync_changedObject_isRefusedWhole()
    {
        await using var target = await ExportThenOpenTargetAsync();
        using (var zip = ZipFile.Open(Archive, ZipArchiveMode.Update))
            await ReplaceAsync(zip, zip.Entries.First(e => e.FullName.StartsWith("objects/", StringComparison.Ordinal)), "the fil3"u8.ToArray());
        await AssertRefusedAsync<IntegrityException>(target);
    }

    [Theory]
    [InlineData("backup.json")]
    [InlineData("mlops.db")]
    public async Task ImportAsync_missingOrBrokenPart_isRefusedWhole(string name)
    {
        await using var target = await ExportThenOpenTargetAsync();
        using (var zip = ZipFile.Open(Archive, ZipArchiveMode.Update))
            await ReplaceAsync(zip, zip.GetEntry(name)!, "{ broken"u8.ToArray());
        await AssertRefusedAsync<IntegrityException>(target);
        using (var zip = ZipFile.Open(Archive, ZipArchiveMode.Update))
            zip.GetEntry(name)!.Delete();
        await AssertRefusedAsync<IntegrityException>(target);
    }

    [Fact]
    public async Task ImportAsync_newerArchive_namesTheRemedy()
    {
        await using var target = await ExportThenOpenTargetAsync();
        using (var zip = ZipFile.Open(Archive, ZipArchiveMode.Update))
        {
            using var reader = new StreamReader(zip.GetEntry("backup.json")!.Open());
            var text = await reader.ReadToEndAsync();
            reader.Dispose();
            await ReplaceAsync(
                zip, zip.GetEntry("backup.json")!, System.Text.Encoding.UTF8.GetBytes(text.Replace("\"format\": 1", "\"format\": 2", StringComparison.Ordinal)));
        }

        await AssertRefusedAsync<StoreVersionException>(target);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.95)]
    [InlineData(0.0)]
    public async Task ImportAsync_cutShort_isRefusedWhole(double share)
    {
        await using var target = await ExportThenOpenTargetAsync();
        using (var file = new FileStream(Archive, FileMode.Open))
            file.SetLength((long)(file.Length * share));
        await AssertRefusedAsync<IntegrityException>(target);
    }

    [Fact]
    public async Task ImportAsync_noFile_saysSo()
    {
        await using var target = await OpenTargetAsync();
        await Assert.ThrowsAsync<NotFoundException>(() => target.ImportAsync(_folder["none.zip"]));
    }

    private async Task<MlopsClient> OpenTargetAsync() => await MlopsClient.OpenAsync(new MlopsOptions { Path = _folder["target/.mlops"] });

    private async Task<MlopsClient> ExportThenOpenTargetAsync()
    {
        await using (var source = await _folder.OpenAsync())
        {
            var (parent, _, _) = await LogFamilyAsync(source);
            await source.ExportAsync(Archive, [parent]);
        }

        return await OpenTargetAsync();
    }

    private async Task AssertRefusedAsync<T>(MlopsClient target)
        where T : Exception
    {
        var before = await target.CreateCheckpointAsync();
        await Assert.ThrowsAsync<T>(() => target.ImportAsync(Archive));
        Assert.Equal(before, await target.CreateCheckpointAsync());
        Assert.False(Directory.Exists(_folder["target/.mlops/objects"]));
        Assert.False(File.Exists(_folder["escape.txt"]));
    }

    private static async Task<(RunId Parent, RunId Child, RunId Fork)> LogFamilyAsync(MlopsClient mlops)
    {
        await using var parent = await mlops.StartRunAsync("e/sub", new RunOptions { Tags = new Dictionary<string, string> { ["t"] = "ü" } });
        await LogAsync(parent, 1);
        await using var child = await parent.StartChildAsync();
        await LogAsync(child, 2);
        await child.LogTextAsync("the file", "deep/a.txt");
        await child.CompleteAsync();
        await parent.CompleteAsync();
        await using var fork = await mlops.ForkRunAsync(child.Id, step: 1);
        fork.LogMetric("odd", 9, step: 2);
        await fork.CompleteAsync();
        return (parent.Id, child.Id, fork.Id);
    }

    private static Task LogAsync(ActiveRun run, int number)
    {
        run.LogParam("p", number).LogMetric("odd", double.NaN, step: 0).LogMetric("odd", double.NegativeInfinity, step: 1)
            .LogMetric("odd", double.Epsilon * number, step: long.MaxValue);
        return Task.CompletedTask;
    }

    private static async Task ReplaceAsync(ZipArchive zip, ZipArchiveEntry entry, byte[] content)
    {
        var name = entry.FullName;
        entry.Delete();
        await WriteAsync(zip.CreateEntry(name), content);
    }

    private static async Task WriteAsync(ZipArchiveEntry entry, byte[] content)
    {
        await using var stream = entry.Open();
        await stream.WriteAsync(content);
    }
}

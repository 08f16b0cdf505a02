using Microsoft.Extensions.DependencyInjection;
using Mlops.Metadata;
using Mlops.Tracking;

namespace Mlops.Sdk.Tests.Docs;

// the front door looks at the current folder and at MLOPS_URI, of which a process has one
[Collection(ProcessWide.Name)]
public sealed class ReadmeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _current = Environment.CurrentDirectory;
    private readonly string? _variable = Environment.GetEnvironmentVariable("MLOPS_URI");
    private readonly TextWriter _console = Console.Out;
    private readonly StringWriter _printed = new();

    public ReadmeTests()
    {
        File.WriteAllText(_folder["model.zip"], "the model");
        Environment.CurrentDirectory = _folder.Path;
        Environment.SetEnvironmentVariable("MLOPS_URI", null);
        Console.SetOut(_printed);
    }

    public void Dispose()
    {
        Console.SetOut(_console);
        Environment.SetEnvironmentVariable("MLOPS_URI", _variable);
        Environment.CurrentDirectory = _current;
        _folder.Dispose();
    }

    [Fact]
    public async Task FrontDoor_run_recordsWhatItSays()
    {
        await Snippets.FrontDoorAsync();

        await using var mlops = await _folder.OpenAsync();
        var run = Assert.Single((await mlops.Runs.QueryAsync(new RunQuery { Experiment = "flight-delays" })).Runs);
        Assert.Equal((RunStatus.Finished, null, 0L), (run.Status, run.EndReason, run.DroppedPoints));
        Assert.Equal(new Dictionary<string, string> { ["trees"] = "200" }, run.Params);
        Assert.Equal(new Dictionary<string, string> { ["team"] = "ops" }, run.Tags);
        var points = await mlops.Runs.ReadMetricAsync(run.Id, "auc");
        Assert.Equal(Snippets.Epochs, points.Select(p => ((int)p.Step, p.Value)));
        var artifact = Assert.Single(await mlops.Runs.ListArtifactsAsync(run.Id));
        Assert.Equal(("model.zip", 9L), (artifact.Path.Value, artifact.SizeBytes));
        using var reader = new StreamReader(await mlops.Runs.OpenArtifactAsync(run.Id, "model.zip"));
        Assert.Equal("the model", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task FrontDoor_insideAProject_findsTheStoreAbove()
    {
        await Snippets.FrontDoorAsync();
        Environment.CurrentDirectory = Directory.CreateDirectory(_folder["src/training"]).FullName;
        await using var mlops = await MlopsClient.OpenAsync();
        Assert.Equal(_folder.Store, mlops.Location);
        Assert.Single((await mlops.Runs.QueryAsync(new RunQuery())).Runs);
    }

    [Fact]
    public async Task FrontDoor_variableSet_opensThatFolder()
    {
        var elsewhere = _folder["elsewhere/.mlops"];
        Environment.SetEnvironmentVariable("MLOPS_URI", new Uri(elsewhere).AbsoluteUri);
        await Snippets.FrontDoorAsync();
        Assert.True(File.Exists(Path.Combine(elsewhere, "mlops.db")));
        Assert.False(Directory.Exists(_folder.Store));
    }

    [Fact]
    public async Task OtherBlocks_run_recordFindAndVerify()
    {
        await Snippets.FrontDoorAsync();
        await using var mlops = await _folder.OpenAsync();
        await Snippets.RunAsync(mlops);
        await mlops.RunAsync("flight-delays", run => Task.FromResult<ActiveRun>(run.LogMetric("auc", 0.55)));

        var curve = await Snippets.QueryAsync(mlops);
        Assert.Equal((Snippets.Epochs.Count, Snippets.Epochs[^1].Auc), (curve.Sum(b => (int)b.Count), curve.Max(b => b.Max)));
        await Snippets.VerifyAsync(mlops);

        // both runs reach the same AUC, so the newer one comes first; the third one is not above the bound
        var lines = _printed.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.Matches("^[a-z]+-[a-z]+-[0-9]{2}  Finished  400 trees  AUC 0[.,]800$", lines[0]);
        Assert.Matches("  Finished  200 trees  AUC 0[.,]800$", lines[1]);
        Assert.Matches("^evaluation.md  13 bytes  [0-9a-f]{64}$", lines[2]);
        Assert.Equal("8 records and 81 points are sound.", lines[3]);
    }

    [Fact]
    public void Team_isWiredWithoutTouchingAServer()
    {
        var services = new ServiceCollection();
        Snippets.InjectTeam(services);
        Assert.Contains(services, d => d.ServiceType == typeof(MlopsClient));
    }

    [Fact]
    public async Task Team_byUriWithoutTheVariable_isTheFolderHere()
    {
        await using var mlops = await Snippets.OpenTeamAsync();
        Assert.EndsWith(".mlops", mlops.Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_storeThere_printsThatAllIs()
    {
        await using var mlops = await MlopsClient.OpenAsync();
        await Snippets.StatusAsync(mlops);
        Assert.Equal("all there", _printed.ToString().Trim());
    }

    [Fact]
    public async Task Move_toAnotherFolder_bringsTheRun()
    {
        await Snippets.FrontDoorAsync();
        await using var laptop = await MlopsClient.OpenAsync();
        await using var team = await MlopsClient.OpenAsync(new MlopsOptions { Path = _folder["team"] });
        var copied = await Snippets.MoveAsync(laptop, team);
        Assert.Equal((5L, (long)Snippets.Epochs.Count, 1L, 0), (copied.Records, copied.Points, copied.Objects, copied.Differences.Count));
        Assert.Single((await team.Runs.QueryAsync(new RunQuery { Experiment = "flight-delays" })).Runs);
    }

    [Fact]
    public async Task Compare_run_writesTableGroupsAndPage()
    {
        await using var mlops = await _folder.OpenAsync();
        foreach (var trees in (int[])[200, 400])
            await mlops.RunAsync("flight-delays", run => Task.FromResult(run.LogParam("trees", trees).LogMetric("auc", trees / 1000.0)));
        await CompareSnippets.CompareAsync(mlops, (await mlops.Runs.QueryIdsAsync(new RunQuery())).Ids);
        Assert.Contains("trees: 400, 200", _printed.ToString(), StringComparison.Ordinal);
        Assert.Contains("400 trees: 1 runs, AUC 0.4", _printed.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("</html>\n", await File.ReadAllTextAsync("report.html"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loops_run_areTracked()
    {
        await using var mlops = await _folder.OpenAsync();
        await File.WriteAllTextAsync("weights.bin", "weights");
        await MicrosoftMLSnippets.ByHandAsync(mlops);
        await mlops.RunAsync("torch", TorchSnippets.TrainAsync);

        var byHand = Assert.Single((await mlops.Runs.QueryAsync(new RunQuery { Experiment = "by-hand" })).Runs);
        Assert.Equal((10, 0.1), (byHand.Metrics["loss"].Count, byHand.Metrics["loss"].Last));
        var torch = Assert.Single((await mlops.Runs.QueryAsync(new RunQuery { Experiment = "torch" })).Runs);
        Assert.Equal((2, 2.0), (torch.Metrics["loss"].Count, torch.Metrics["loss"].Last));
        Assert.Single(await mlops.Runs.ListArtifactsAsync(torch.Id));
    }

    [Fact]
    public async Task Onnx_run_logsAndLoads()
    {
        await using var mlops = await _folder.OpenAsync();
        await File.WriteAllBytesAsync("cats.onnx", Onnx.Tests.TinyModel.Identity());
        await mlops.RunAsync("onnx", run => MicrosoftMLSnippets.OnnxAsync(mlops, run));
        Assert.Equal("x: Single [batch, 3]", _printed.ToString().Trim());
    }

    [Fact]
    public async Task Archive_run_takesRunsElsewhere()
    {
        await Snippets.FrontDoorAsync();
        await using var mlops = await _folder.OpenAsync();
        await using var elsewhere = await MlopsClient.OpenAsync(new MlopsOptions { Path = _folder["elsewhere"] });
        await Snippets.ArchiveAsync(mlops, elsewhere);
        Assert.Single((await elsewhere.Runs.QueryAsync(new RunQuery())).Runs);
    }

    [Fact]
    public async Task Operations_run_backUpRestoreAndCheck()
    {
        await Snippets.FrontDoorAsync();
        await using var mlops = await MlopsClient.OpenAsync();
        await Snippets.OperateAsync(mlops, _folder["nas"]);
        Assert.Contains("1 of 1 objects copied", _printed.ToString(), StringComparison.Ordinal);
        await using var restored = await MlopsClient.OpenAsync(new MlopsOptions { Path = _folder["restored/.mlops"] });
        Assert.Single((await restored.Runs.QueryAsync(new RunQuery { Experiment = "flight-delays" })).Runs);
    }
}

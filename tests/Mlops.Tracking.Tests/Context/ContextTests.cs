using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking.Tests;

public sealed class ContextTests : IAsyncDisposable
{
    private readonly Rig _rig = new();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task StartRunAsync_everythingBuiltIn_isShownOnTheRun()
    {
        var run = await RunAsync(new RunContextOptions());

        Assert.Empty(run.ContextProblems);
        Assert.Equal(Environment.UserName, run.Context["user"]);
        Assert.Equal(Environment.MachineName, run.Context["host"]);
        Assert.Contains(Environment.GetCommandLineArgs()[0], run.Context["command_line"], StringComparison.Ordinal);
        Assert.Equal(Environment.CurrentDirectory, run.Context["directory"]);
        Assert.Equal(System.Reflection.Assembly.GetEntryAssembly()!.GetName().Name, run.Context["entry"]);
        Assert.StartsWith(".NET 10", run.Context["runtime"], StringComparison.Ordinal);
        Assert.Equal($"{Environment.ProcessorCount}", run.Context["cores"]);
        string[] others = ["sdk_version", "entry_version", "os", "cpu", "memory_bytes", "time_zone"];
        Assert.All(others, name => Assert.NotEmpty(run.Context[name]));
        Assert.Equal(System.Globalization.CultureInfo.CurrentCulture.Name, run.Context["culture"]);
        var packages = await _rig.Runs.FindContextTableAsync(run.Id, "packages");
        Assert.Matches(@"^\d+\.\d+", packages!["xunit.assert"]);
    }

    [Fact]
    public void Clean_packagesNamedLikeSecrets_keepTheirVersions()
    {
        Dictionary<string, string> rows = new() { ["Azure.Security.KeyVault.Secrets"] = "4.7.0", ["Registry.Token"] = "1.0.0" };
        var tables = ContextText.Clean([RunContextValue.Table(Packages.Table, rows), RunContextValue.Table("settings", rows)]);

        Assert.Equal(["4.7.0", "1.0.0"], tables[0].Rows!.Values);
        Assert.Equal(["***", "***"], tables[1].Rows!.Values);
    }

    [Fact]
    public async Task Without_someNames_leavesTheOthers()
    {
        var run = await RunAsync(new RunContextOptions().Without("host", "packages").Add(new TestProvider("mine", RunContextValue.Text("mine", "1"))).Without("mine"));

        Assert.DoesNotContain("host", run.Context.Keys);
        Assert.DoesNotContain("mine", run.Context.Keys);
        Assert.Contains("user", run.Context.Keys);
        Assert.Null(await _rig.Runs.FindContextTableAsync(run.Id, "packages"));
    }

    [Fact]
    public async Task WithoutAll_capturesNothing()
    {
        var mine = new TestProvider("mine", RunContextValue.Text("mine", "1"));
        var run = await RunAsync(new RunContextOptions().Add(mine).WithoutAll());

        Assert.Empty(run.Context);
        Assert.Equal(0, mine.Calls);
        Assert.Null(await _rig.Runs.FindContextTableAsync(run.Id, "packages"));
    }

    [Fact]
    public void Without_aNameThatNothingHas_isRefusedWithThoseThatThereAre()
    {
        var thrown = Assert.Throws<ArgumentException>(() => _rig.Open(o => o with { Context = new RunContextOptions().Without("hosts") }));

        Assert.Contains("'hosts'", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("host, ", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    public void Add_aNameThatIsNone_isRefused(string name) =>
        Assert.Throws<ArgumentException>(() => new RunContextOptions().Add(new TestProvider(name)));

    [Fact]
    public async Task StartRunAsync_manyRuns_shareOneContext()
    {
        var tracker = Open(new RunContextOptions().Add(new TestProvider("mine", RunContextValue.Number("mine", 1))));
        for (var i = 0; i < 20; i++)
        {
            await using var run = await tracker.StartRunAsync("flights");
            await run.CompleteAsync();
        }

        // the first run may have one of its own, without what came late
        Assert.InRange(await CountAsync(RunContextRecord.Kind), 1, 2);
        Assert.Equal(1, await CountAsync(RunContextRecord.TableKind));
        Assert.All((await _rig.Runs.QueryAsync(new RunQuery())).Runs, r => Assert.Equal("1", r.Context["mine"]));
        await _rig.AssertSoundAsync();
    }

    [Fact]
    public async Task ReopenRunAsync_keepsTheContextOfTheStart()
    {
        var run = await RunAsync(new RunContextOptions());
        await using (var again = await Open(new RunContextOptions().WithoutAll()).ReopenRunAsync(run.Id))
            await again.CompleteAsync();

        Assert.Equal(run.Context, (await _rig.Runs.GetAsync(run.Id)).Context);
    }

    [Fact]
    public async Task StartRunAsync_environment_isAnAllowList()
    {
        var options = new RunContextOptions();
        options.EnvironmentVariables.Add("PATH");
        options.EnvironmentVariables.Add("MLOPS_TEST_THAT_IS_NOT_SET");
        var run = await RunAsync(options);

        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), run.Context["env.PATH"]);
        Assert.DoesNotContain("env.MLOPS_TEST_THAT_IS_NOT_SET", run.Context.Keys);
        Assert.DoesNotContain("env.HOME", run.Context.Keys);
    }

    [Fact]
    public async Task StartRunAsync_whileTheStoreIsAway_keepsTheContextInTheJournal()
    {
        _rig.Store.IsAway = true;
        var tracker = Open(new RunContextOptions().Add(new TestProvider("mine", RunContextValue.Text("mine", "kept"))), TimeSpan.FromMilliseconds(50));
        var run = await tracker.StartRunAsync("flights");
        Assert.False((await run.CompleteAsync()).IsDurable);
        _rig.Store.IsAway = false;
        await Rig.FlushUntilDrainedAsync(tracker);

        var read = await _rig.Runs.GetAsync(run.Id);
        Assert.Equal("kept", read.Context["mine"]);
        Assert.Equal(Environment.MachineName, read.Context["host"]);
    }

    [Fact]
    public async Task WatchAsync_aRun_showsItsContext()
    {
        var run = await RunAsync(new RunContextOptions());

        await foreach (var change in _rig.Runs.WatchAsync(run.Id))
            Assert.Equal(Environment.MachineName, change.Run.Context["host"]);
    }

    [Fact]
    public async Task CompareAsync_contexts_areCompared()
    {
        var a = await RunAsync(new RunContextOptions().Add(new TestProvider("mine", RunContextValue.Text("mine", "a"))));
        var b = await RunAsync(new RunContextOptions().Add(new TestProvider("mine", RunContextValue.Text("mine", "b"))));
        var comparison = await _rig.Runs.CompareAsync([a.Id, b.Id]);

        Assert.Equal(["a", "b"], comparison.Context.Single(c => c.Key == "context.mine").Values);
        Assert.False(comparison.Context.Single(c => c.Key == "context.host").Differs);
    }

    private RunTracker Open(RunContextOptions options, TimeSpan? flushBound = null) =>
        _rig.Open(o => o with { Context = options, FlushBound = flushBound ?? o.FlushBound });

    private async Task<Run> RunAsync(RunContextOptions options)
    {
        await using var run = await Open(options).StartRunAsync("flights");
        await run.CompleteAsync();
        return await _rig.Runs.GetAsync(run.Id);
    }

    private async Task<int> CountAsync(string kind) =>
        (await _rig.Real.QueryAsync(new RecordQuery { Kind = kind, Limit = 100 })).Records.Count;
}

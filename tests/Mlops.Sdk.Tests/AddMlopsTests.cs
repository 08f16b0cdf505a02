using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Mlops.Metadata;
using Mlops.Sdk.Tests.Telemetry;

namespace Mlops.Sdk.Tests;

public sealed class AddMlopsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AddMlops_resolvedTwice_isOneClient()
    {
        await using var provider = Provider();
        var client = provider.GetRequiredService<MlopsClient>();
        Assert.Same(client, provider.GetRequiredService<MlopsClient>());
        using var scope = provider.CreateScope();
        Assert.Same(client, scope.ServiceProvider.GetRequiredService<MlopsClient>());
        Assert.Equal(_folder.Store, client.Location);
    }

    [Fact]
    public async Task AddMlops_calledTwice_keepsTheFirst()
    {
        await using var provider = new ServiceCollection()
            .AddMlops(o => o.Path = _folder.Store)
            .AddMlops(o => o.Path = _folder["other"])
            .BuildServiceProvider();
        Assert.Equal(_folder.Store, provider.GetRequiredService<MlopsClient>().Location);
        Assert.False(Directory.Exists(_folder["other"]));
    }

    [Fact]
    public async Task AddMlops_notAskedFor_opensNothing()
    {
        await using (Provider())
            Assert.False(Directory.Exists(_folder.Store));
        Assert.False(Directory.Exists(_folder.Store));
    }

    [Fact]
    public async Task AddMlops_containersClockAndLoggers_areUsed()
    {
        var start = new DateTimeOffset(2031, 5, 6, 7, 8, 9, TimeSpan.Zero);
        using var loggers = new RecordingLoggers();
        await using (var provider = new ServiceCollection()
            .AddSingleton<TimeProvider>(new FakeTimeProvider(start))
            .AddSingleton<ILoggerFactory>(loggers)
            .AddMlops(o => o.Path = _folder.Store)
            .BuildServiceProvider())
        {
            var mlops = provider.GetRequiredService<MlopsClient>();
            await using var run = await mlops.StartRunAsync("clock");
            await run.CompleteAsync();
            Assert.Equal(start, (await mlops.Runs.GetAsync(run.Id)).StartTime);
        }

        Assert.Contains(loggers.Entries, e => e.Id.Id == 5000 && e.Text.Contains(_folder.Store, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AddMlops_optionsSetByTheProgram_winOverTheContainer()
    {
        var own = new FakeTimeProvider(new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var provider = new ServiceCollection()
            .AddSingleton<TimeProvider>(new FakeTimeProvider())
            .AddMlops(o => (o.Path, o.Time) = (_folder.Store, own))
            .BuildServiceProvider();
        var mlops = provider.GetRequiredService<MlopsClient>();
        await using var run = await mlops.StartRunAsync("clock");
        await run.CompleteAsync();
        Assert.Equal(own.GetUtcNow(), (await mlops.Runs.GetAsync(run.Id)).StartTime);
    }

    public static TheoryData<string, Action<MlopsOptions>> BadOptions => new()
    {
        { "DrainInterval", o => o.DrainInterval = TimeSpan.Zero },
        { "JournalBoundBytes", o => o.JournalBoundBytes = 1 },
        { "FlushBound", o => o.FlushBound = TimeSpan.Zero },
        { "LeaseTime", o => o.LeaseTime = TimeSpan.FromSeconds(1) },
        { "Actor", o => o.Actor = new string('a', 201) },
        { "Actor", o => o.Actor = " " },
        { "Path", o => o.Path = "" },
        { "Uri", o => o.Uri = "file:///elsewhere" },
        { "Time", o => o.Time = null! },
    };

    [Theory]
    [MemberData(nameof(BadOptions), DisableDiscoveryEnumeration = true)]
    public async Task AddMlops_badOption_failsAtTheFirstRequestWithItsNameAndLeavesNoStore(string name, Action<MlopsOptions> spoil)
    {
        await using var provider = new ServiceCollection()
            .AddMlops(o =>
            {
                o.Path = _folder.Store;
                spoil(o);
            })
            .BuildServiceProvider();
        var error = Assert.ThrowsAny<ArgumentException>(() => provider.GetRequiredService<MlopsClient>());
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.Store));
    }

    [Fact]
    public async Task AddMlops_containerDisposed_disposesTheClientAndEndsItsRuns()
    {
        MlopsClient mlops;
        RunId id;
        await using (var provider = Provider())
        {
            mlops = provider.GetRequiredService<MlopsClient>();
            id = (await mlops.StartRunAsync("left-open")).LogMetric("loss", 1).Id;
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.StartRunAsync("late"));
        await using var again = await _folder.OpenAsync();
        var run = await again.Runs.GetAsync(id);
        Assert.Equal((RunStatus.Failed, RunEnd.NotCompleted, 1L), (run.Status, run.EndReason, run.Metrics["loss"].Count));
    }

    [Fact]
    public async Task TwoDoors_oneStore_seeEachOthersRuns()
    {
        await using var provider = Provider();
        var injected = provider.GetRequiredService<MlopsClient>();
        await using var opened = await _folder.OpenAsync();

        await using var one = await injected.StartRunAsync("doors");
        await one.LogParam("door", "container").CompleteAsync();
        await using var two = await opened.StartRunAsync("doors");
        await two.LogParam("door", "OpenAsync").CompleteAsync();

        Assert.Equal("container", (await opened.Runs.GetAsync(one.Id)).Params["door"]);
        Assert.Equal("OpenAsync", (await injected.Runs.GetAsync(two.Id)).Params["door"]);
        var query = new RunQuery { Experiment = "doors" };
        Assert.Equal(
            (await injected.Runs.QueryAsync(query)).Runs.Select(r => r.Id), (await opened.Runs.QueryAsync(query)).Runs.Select(r => r.Id));
    }

    private ServiceProvider Provider() => new ServiceCollection().AddMlops(o => o.Path = _folder.Store).BuildServiceProvider();
}

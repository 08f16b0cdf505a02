using Microsoft.Extensions.Time.Testing;
using Mlops.Metadata;

namespace Mlops.Tracking.Tests;

public sealed class SystemMetricTests : IAsyncDisposable
{
    private static readonly string[] Keys =
    [
        "system/cpu_percent", "system/disk_read_bytes_per_second", "system/disk_written_bytes_per_second", "system/gc_heap_bytes",
        "system/gc_pause_percent", "system/memory_bytes", "system/network_received_bytes_per_second", "system/network_sent_bytes_per_second",
        "system/pool_queue", "system/pool_threads",
    ];

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Rig _rig;

    public SystemMetricTests() => _rig = new Rig(_time);

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task Run_openFor10Seconds_hasPointsFromThenOn()
    {
        var tracker = Open(new RunContextOptions());
        Pass(seconds: 6);
        var run = await tracker.StartRunAsync("flights");
        Pass(seconds: 9);
        await run.FlushAsync();
        Assert.Empty((await _rig.Runs.GetAsync(run.Id)).SystemMetrics);

        Pass(seconds: 25);
        await run.FlushAsync();
        var read = await _rig.Runs.GetAsync(run.Id);
        Assert.Empty(Keys.Except(read.SystemMetrics.Keys));

        // when within its ten seconds the sampler looks depends on which thread saw the clock advance
        var steps = (await _rig.Runs.ReadMetricAsync(run.Id, "system/cpu_percent")).Select(p => p.Step).ToList();
        Assert.InRange(steps[0], 10, 20);
        Assert.All(steps.Zip(steps.Skip(1), (a, b) => b - a), gap => Assert.InRange(gap, 10, 20));
        Assert.True(read.SystemMetrics["system/memory_bytes"].Last > 1 << 20);
        Assert.All(Keys, key => Assert.True(read.SystemMetrics[key].Min >= 0, key));
    }

    [Fact]
    public async Task SystemMetrics_areNoMetricsOfTheUser()
    {
        var tracker = Open(new RunContextOptions());
        var run = await tracker.StartRunAsync("flights");
        run.LogMetric("loss", 1);
        Pass(seconds: 20);
        await run.CompleteAsync();

        var read = await _rig.Runs.GetAsync(run.Id);
        Assert.Equal(["loss"], read.Metrics.Keys);
        Assert.Equal(["loss"], (await _rig.Runs.CompareAsync([run.Id])).Metrics.Select(m => m.Key));
        var found = await _rig.Runs.SearchAsync("metrics.system/memory_bytes > 1000", "max(metrics.system/cpu_percent) DESC");
        Assert.Equal(["loss"], Assert.Single(found.Runs).Metrics.Keys);
        Assert.Single(await _rig.Runs.SampleMetricAsync(run.Id, "system/cpu_percent", 1));
        await foreach (var change in _rig.Runs.WatchAsync(run.Id))
            Assert.Equal(["loss"], change.Points.Keys);
    }

    [Fact]
    public async Task SystemMetrics_ofAFork_areItsOwn()
    {
        var tracker = Open(new RunContextOptions());
        var run = await tracker.StartRunAsync("flights");
        Pass(seconds: 20);
        await run.CompleteAsync();
        await using var fork = await tracker.ForkRunAsync(run.Id, 1000);

        Assert.Empty(await _rig.Runs.ReadMetricAsync(fork.Id, "system/cpu_percent"));
        Assert.Empty(await _rig.Runs.SampleMetricAsync(fork.Id, "system/cpu_percent"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SystemMetrics_switchedOff_areNotThere(bool all)
    {
        var tracker = Open(all ? new RunContextOptions().WithoutAll() : new RunContextOptions().Without("system"));
        var run = await tracker.StartRunAsync("flights");
        Pass(seconds: 30);
        await run.CompleteAsync();

        Assert.Empty((await _rig.Runs.GetAsync(run.Id)).SystemMetrics);
    }

    [Fact]
    public async Task SystemMetrics_ofARunThatWasJoined_areThoseOfItsOwner()
    {
        var run = await Open(new RunContextOptions().WithoutAll()).StartRunAsync("flights");
        await run.FlushAsync();
        await using var joined = await Open(new RunContextOptions()).JoinRunAsync(run.Id);
        Pass(seconds: 30);
        await joined.FlushAsync();

        Assert.Empty((await _rig.Runs.GetAsync(run.Id)).SystemMetrics);
    }

    [Fact]
    public async Task SystemMetrics_sourceThatCannotBeRead_isLeftOutAlone()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var proc = _rig.Folder["proc"];
        Directory.CreateDirectory(Path.Combine(proc, "net"));
        Directory.CreateDirectory(Path.Combine(proc, "self", "io")); // where a file is expected: nobody can read it as one
        await File.WriteAllTextAsync(Path.Combine(proc, "self", "statm"), "900 500 30 1 0 200 0");
        await File.WriteAllTextAsync(Path.Combine(proc, "net", "dev"), "head\n  eth0: 10 1 0 0 0 0 0 0 20 2 0 0 0 0 0 0\n");
        var run = await Open(new RunContextOptions().WithoutAll()).StartRunAsync("flights");
        using var sampler = new SystemSampler(() => [run], _time, _rig.Log, proc);
        Pass(seconds: 25);
        await run.CompleteAsync();

        var metrics = (await _rig.Runs.GetAsync(run.Id)).SystemMetrics;
        string[] unreadable = ["system/disk_read_bytes_per_second", "system/disk_written_bytes_per_second"];
        Assert.Equal(Keys.Except(unreadable), metrics.Keys.Order(StringComparer.Ordinal).Where(k => !k.StartsWith("system/gpu", StringComparison.Ordinal)));
        Assert.Equal(500.0 * Environment.SystemPageSize, metrics["system/memory_bytes"].Last);
        var problem = Assert.Throws<IOException>(() => BuiltInContext.SystemMetrics(proc));
        Assert.Contains("no metrics of disk (", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SystemMetrics_ofARunThatEnded_stop()
    {
        var tracker = Open(new RunContextOptions());
        var run = await tracker.StartRunAsync("flights");
        Pass(seconds: 11);
        await run.CompleteAsync();
        Pass(seconds: 10);
        await tracker.FlushAsync();

        Assert.Single(await _rig.Runs.ReadMetricAsync(run.Id, "system/cpu_percent"));
    }

    private void Pass(int seconds)
    {
        for (var i = 0; i < seconds; i++)
            _time.Advance(TimeSpan.FromSeconds(1));
    }

    private RunTracker Open(RunContextOptions context) => _rig.Open(o => o with { Context = context });
}

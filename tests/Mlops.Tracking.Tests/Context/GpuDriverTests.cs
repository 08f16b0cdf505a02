using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Mlops.Metadata;

namespace Mlops.Tracking.Tests;

/// <summary>The driver is a stand-in that is compiled where there is a C compiler: no machine that tests has a GPU.</summary>
public sealed class GpuDriverTests : IDisposable
{
    private const string OneDevice = """
        #include <stdio.h>
        #include <fcntl.h>
        #include <unistd.h>
        int nvmlInit_v2(void) { return 0; }
        int nvmlSystemGetDriverVersion(char *text, unsigned bytes) { snprintf(text, bytes, "570.1"); return 0; }
        int nvmlDeviceGetCount_v2(unsigned *count) { *count = 1; return 0; }
        int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **device) { *device = (void *)1; return 0; }
        int nvmlDeviceGetName(void *device, char *text, unsigned bytes) { snprintf(text, bytes, "GPU 1"); return 0; }
        int nvmlDeviceGetMemoryInfo(void *device, unsigned long long *memory) { memory[0] = 1000; memory[1] = 300; memory[2] = 700; return 0; }

        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Load_driver_tellsItsDevicesAndWhatTheyUse()
    {
        var driver = GpuDriver.Load(await CompileAsync("""
            #include <stdio.h>
            int nvmlInit_v2(void) { return 0; }
            int nvmlSystemGetDriverVersion(char *text, unsigned bytes) { snprintf(text, bytes, "570.1"); return 0; }
            int nvmlDeviceGetCount_v2(unsigned *count) { *count = 3; return 0; }
            int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **device) { *device = (void *)(long)(i + 1); return i == 1 ? 15 : 0; }
            int nvmlDeviceGetName(void *device, char *text, unsigned bytes) { snprintf(text, bytes, "GPU %ld", (long)device); return 0; }
            int nvmlDeviceGetMemoryInfo(void *device, unsigned long long *memory)
            { memory[0] = 1000; memory[1] = 300; memory[2] = 700; return (long)device == 3 ? 15 : 0; }
            int nvmlDeviceGetUtilizationRates(void *device, unsigned *rates) { rates[0] = 37; rates[1] = 5; return (long)device == 3 ? 3 : 0; }
            """))!;

        Assert.Equal("570.1", driver.Version);
        Assert.Equal([new GpuDevice("GPU 1", 1000), new GpuDevice("GPU 3", 0)], driver.Devices); // the second is lost
        Assert.Equal((37.0, 700.0), driver.ReadUsage(0));
        Assert.Equal((double.NaN, double.NaN), driver.ReadUsage(1));
    }

    [SkippableFact]
    public async Task Load_driverThatDoesNotStartOrTellsNothing_harmsNobody()
    {
        Assert.Null(GpuDriver.Load(await CompileAsync("int nvmlInit_v2(void) { return 9; }")));
        Assert.Null(GpuDriver.Load(await CompileAsync("int other(void) { return 0; }")));
        var bare = GpuDriver.Load(await CompileAsync("int nvmlInit_v2(void) { return 0; }"))!;
        Assert.Equal(("", 0), (bare.Version, bare.Devices.Count));
    }

    [SkippableFact]
    public async Task Run_machineWithAGpu_showsItAndWhatItUses()
    {
        var driver = GpuDriver.Load(await CompileAsync(
            OneDevice + "int nvmlDeviceGetUtilizationRates(void *device, unsigned *rates) { rates[0] = 37; return 0; }"));
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var rig = new Rig(time);
        var options = new RunContextOptions().Without("gpu").Add(new ProcessProvider("stand_in", () => BuiltInContext.Gpu(driver)));
        var run = await rig.Open(o => o with { Context = options }, gpu: () => driver).StartRunAsync("flights");
        for (var i = 0; i < 25; i++)
            time.Advance(TimeSpan.FromSeconds(1));
        await run.CompleteAsync();

        var read = await rig.Runs.GetAsync(run.Id);
        string[] names = ["gpu", "gpus", "gpu_memory_bytes", "gpu_driver"];
        Assert.Equal(["GPU 1", "1", "1000", "570.1"], names.Select(n => read.Context[n]));
        Assert.Equal((37.0, 700.0), (read.SystemMetrics["system/gpu0_percent"].Last, read.SystemMetrics["system/gpu0_memory_bytes"].Last));
    }

    [SkippableFact]
    public async Task DisposeAsync_driverHangs_isNotWaitedForAndHarmsNobodyWhenItComesBack()
    {
        // opening a pipe waits for its other end, so whoever opens that knows that the driver was called, and holds it
        var driver = GpuDriver.Load(await CompileAsync(OneDevice + $$"""
            int nvmlDeviceGetUtilizationRates(void *device, unsigned *rates)
            { char c; int pipe = open("{{_folder["pipe"]}}", O_RDONLY); read(pipe, &c, 1); close(pipe); rates[0] = 37; return 0; }
            """));
        using (var make = Process.Start("mkfifo", [_folder["pipe"]]))
            await make.WaitForExitAsync();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var rig = new Rig(new WaitingTime(time));
        var tracker = rig.Open(o => o with { Context = new RunContextOptions() }, gpu: () => driver);
        var run = await tracker.StartRunAsync("flights");
        var looking = Task.Run(() =>
        {
            for (var i = 0; i < 25; i++)
                time.Advance(TimeSpan.FromSeconds(1));
        });
        using (await Task.Run(() => new FileStream(_folder["pipe"], FileMode.Open, FileAccess.Write)).WaitAsync(Rig.Patience))
        {
            await tracker.DisposeAsync().AsTask().WaitAsync(Rig.Patience);
            Assert.False(looking.IsCompleted);
        }

        await looking.WaitAsync(Rig.Patience);
        Assert.Empty(rig.Log.Of(4016));
        Assert.Empty((await rig.Runs.GetAsync(run.Id)).SystemMetrics);
    }

    [Fact]
    public void Load_noLibrary_isNull() => Assert.Null(GpuDriver.Load(_folder["libnvidia-ml.so.1"]));

    private async Task<string> CompileAsync(string source)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && File.Exists("/usr/bin/cc"), "There is no C compiler for the stand-in of the driver.");
        var name = $"nvml{Directory.GetFiles(_folder.Path).Length}";
        await File.WriteAllTextAsync(_folder[$"{name}.c"], source);
        var library = _folder[$"{name}.so"];
        using var compiler = Process.Start("cc", ["-shared", "-fPIC", "-o", library, _folder[$"{name}.c"]]);
        await compiler.WaitForExitAsync();
        Assert.Equal(0, compiler.ExitCode);
        return library;
    }

    /// <summary>Timers that wait at their asynchronous end for a call that is under way, as those of the system do.</summary>
    private sealed class WaitingTime(FakeTimeProvider time) : TimeProvider
    {
        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var calling = new object();
            return new WaitingTimer(calling, time.CreateTimer(
                s =>
                {
                    lock (calling)
                        callback(s);
                },
                state,
                dueTime,
                period));
        }
    }

    private sealed class WaitingTimer(object calling, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose() => timer.Dispose();

        public async ValueTask DisposeAsync()
        {
            timer.Dispose();
            await Task.Run(() =>
            {
                lock (calling)
                {
                }
            });
        }
    }
}

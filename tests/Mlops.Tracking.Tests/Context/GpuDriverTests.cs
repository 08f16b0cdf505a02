using System.Diagnostics;

namespace Mlops.Tracking.Tests;

/// <summary>The driver is a stand-in that is compiled where there is a C compiler: no machine that tests has a GPU.</summary>
public sealed class GpuDriverTests : IDisposable
{
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
}

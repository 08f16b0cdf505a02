using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Mlops.Metadata;

namespace Mlops.Tracking;

/// <summary>What every run captures unless it is switched off by these names.</summary>
internal static class BuiltInContext
{
    /// <summary>The name by which the metrics of the process are switched off.</summary>
    public const string System = "system";

    private const string Environments = "environment";

    private static readonly ProcessProvider[] OfProcess =
    [
        new("user", () => [RunContextValue.Text("user", Environment.UserName)]),
        new("host", () => [RunContextValue.Text("host", Environment.MachineName)]),
        new("command", Command),
        new("entry", Entry),
        new("runtime", Runtime),
        new("culture", () =>
            [RunContextValue.Text("culture", CultureInfo.CurrentCulture.Name), RunContextValue.Text("time_zone", TimeZoneInfo.Local.Id)]),
        new("machine", Machine),
        new("gpu", () => Gpu(GpuDriver.Instance)),
        new("packages", () => Packages.Read() is { Count: > 0 } packages ? [RunContextValue.Table(Packages.Table, packages)] : []),
        new(System, () => SystemMetrics()),
    ];

    /// <summary>Every name that can be switched off without adding a provider.</summary>
    public static IEnumerable<string> Names => OfProcess.Select(p => p.Name).Append(Environments);

    /// <summary>What is on.</summary>
    public static IEnumerable<IRunContextProvider> Create(RunContextOptions options)
    {
        foreach (var provider in OfProcess)
        {
            if (!options.Off.Contains(provider.Name))
                yield return provider;
        }

        string[] names = [.. options.EnvironmentVariables];
        if (!options.Off.Contains(Environments))
            yield return new ProcessProvider(Environments, () => Variables(names));
    }

    private static IEnumerable<RunContextValue> Command() =>
    [
        RunContextValue.Text("command_line", Redactor.RedactCommandLine(Environment.GetCommandLineArgs())),
        RunContextValue.Text("directory", Environment.CurrentDirectory),
    ];

    private static IEnumerable<RunContextValue> Entry()
    {
        if (Assembly.GetEntryAssembly() is not { } entry)
            yield break;
        yield return RunContextValue.Text("entry", entry.GetName().Name ?? "");
        yield return RunContextValue.Text("entry_version", VersionOf(entry));
    }

    private static IEnumerable<RunContextValue> Runtime() =>
    [
        RunContextValue.Text("runtime", RuntimeInformation.FrameworkDescription),
        RunContextValue.Text("sdk_version", VersionOf(typeof(BuiltInContext).Assembly)),
    ];

    private static IEnumerable<RunContextValue> Machine() =>
    [
        RunContextValue.Text("os", RuntimeInformation.OSDescription),
        RunContextValue.Text("cpu", Processor.Model()),
        RunContextValue.Number("cores", Environment.ProcessorCount),
        RunContextValue.Number("memory_bytes", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
    ];

    internal static IEnumerable<RunContextValue> Gpu(GpuDriver? driver)
    {
        if (driver is not { Devices: { Count: > 0 } devices })
            yield break;
        yield return RunContextValue.Text("gpu", string.Join(", ", devices.Select(d => d.Name)));
        yield return RunContextValue.Number("gpus", devices.Count);
        yield return RunContextValue.Number("gpu_memory_bytes", devices.Sum(d => d.MemoryBytes));
        yield return RunContextValue.Text("gpu_driver", driver.Version);
    }

    /// <summary>Tells nothing, and fails where the metrics of the process have a source that cannot be read, so that the run says so.</summary>
    internal static IEnumerable<RunContextValue> SystemMetrics(string proc = "/proc")
    {
        List<string> unreadable = [];
        ProcessUsage.Read(proc, unreadable.Add);
        return unreadable.Count == 0 ? [] : throw new IOException($"There are no metrics of {string.Join(", ", unreadable)}.");
    }

    private static IEnumerable<RunContextValue> Variables(string[] names)
    {
        foreach (var name in names)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
                yield return RunContextValue.Text("env." + name, value);
        }
    }

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? assembly.GetName().Version?.ToString() ?? "";
}

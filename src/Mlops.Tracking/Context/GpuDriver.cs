using System.Runtime.InteropServices;
using System.Text;

namespace Mlops.Tracking;

/// <summary>
/// NVIDIA's management library, where a driver is installed. Its calls may take long or hang with a sick driver, so nobody who is
/// waited for calls it.
/// </summary>
internal sealed unsafe class GpuDriver
{
    private const int Success = 0;
    private const int TextBytes = 96;
    private static readonly Lazy<GpuDriver?> Loaded = new(() => Load());
    private readonly nint _library;
    private readonly nint[] _handles;

    private GpuDriver(nint library)
    {
        _library = library;
        var text = stackalloc byte[TextBytes];
        Version = Find("nvmlSystemGetDriverVersion") is var version and not 0
            && ((delegate* unmanaged<byte*, uint, int>)version)(text, TextBytes) == Success ? Text(text) : "";
        uint count = 0;
        if (Find("nvmlDeviceGetCount_v2") is var getCount and not 0)
            ((delegate* unmanaged<uint*, int>)getCount)(&count);
        List<nint> handles = [];
        List<GpuDevice> devices = [];
        var getHandle = (delegate* unmanaged<uint, nint*, int>)Find("nvmlDeviceGetHandleByIndex_v2");
        var getName = (delegate* unmanaged<nint, byte*, uint, int>)Find("nvmlDeviceGetName");
        for (uint i = 0; i < count && getHandle != null && getName != null; i++)
        {
            nint handle;
            if (getHandle(i, &handle) != Success || getName(handle, text, TextBytes) != Success)
                continue;
            handles.Add(handle);
            devices.Add(new GpuDevice(Text(text), ReadMemory(handle).Total));
        }

        _handles = [.. handles];
        Devices = devices;
    }

    /// <summary>The driver; null where there is none.</summary>
    public static GpuDriver? Instance => Loaded.Value;

    /// <summary>The driver, if somebody found it already: asking costs nothing.</summary>
    public static GpuDriver? Known => Loaded.IsValueCreated ? Loaded.Value : null;

    /// <summary>The version of the driver.</summary>
    public string Version { get; }

    /// <summary>The GPUs in the driver's order.</summary>
    public IReadOnlyList<GpuDevice> Devices { get; }

    /// <summary>How busy a GPU was lately, 0 to 100, and the bytes of its memory in use; NaN where the driver does not say.</summary>
    public (double Percent, double MemoryBytes) ReadUsage(int device)
    {
        var percent = double.NaN;
        var rates = stackalloc uint[2];
        if (Find("nvmlDeviceGetUtilizationRates") is var getRates and not 0
            && ((delegate* unmanaged<nint, uint*, int>)getRates)(_handles[device], rates) == Success)
        {
            percent = rates[0];
        }

        var (total, used) = ReadMemory(_handles[device]);
        return (percent, total == 0 ? double.NaN : used);
    }

    /// <summary>Loads a driver's library; null if it is not there or does not start.</summary>
    internal static GpuDriver? Load(string? path = null)
    {
        if (OperatingSystem.IsMacOS())
            return null;
        path ??= OperatingSystem.IsWindows() ? "nvml.dll" : "libnvidia-ml.so.1";
        if (!NativeLibrary.TryLoad(path, out var library))
            return null;
        return NativeLibrary.TryGetExport(library, "nvmlInit_v2", out var start) && ((delegate* unmanaged<int>)start)() == Success
            ? new GpuDriver(library)
            : null;
    }

    private static string Text(byte* text) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));

    private (long Total, long Used) ReadMemory(nint handle)
    {
        // total, free, used
        var memory = stackalloc ulong[3];
        return Find("nvmlDeviceGetMemoryInfo") is var getMemory and not 0
            && ((delegate* unmanaged<nint, ulong*, int>)getMemory)(handle, memory) == Success
                ? ((long)memory[0], (long)memory[2])
                : (0, 0);
    }

    private nint Find(string name) => NativeLibrary.TryGetExport(_library, name, out var address) ? address : 0;
}

using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32;

namespace Mlops.Tracking;

/// <summary>The model of the processor, as the system calls it.</summary>
internal static unsafe partial class Processor
{
    public static string Model() => Name() is { Length: > 0 } name ? name.Trim() : RuntimeInformation.ProcessArchitecture.ToString();

    private static string? Name()
    {
        if (OperatingSystem.IsWindows())
            return Registry.GetValue(@"HKEY_LOCAL_MACHINE\HARDWARE\DESCRIPTION\System\CentralProcessor\0", "ProcessorNameString", null) as string;
        if (OperatingSystem.IsMacOS())
            return FromSysctl();
        const string File = "/proc/cpuinfo";
        return System.IO.File.Exists(File)
            ? System.IO.File.ReadLines(File).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[^1]
            : null;
    }

    private static string? FromSysctl()
    {
        Span<byte> text = stackalloc byte[256];
        nint length = text.Length;
        fixed (byte* first = text)
        {
            if (SysctlByName("machdep.cpu.brand_string", first, ref length, null, 0) != 0)
                return null;
        }

        return Encoding.UTF8.GetString(text[..(int)length]).TrimEnd('\0');
    }

    [LibraryImport("libc", EntryPoint = "sysctlbyname", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SysctlByName(string name, byte* value, ref nint length, void* newValue, nint newLength);
}

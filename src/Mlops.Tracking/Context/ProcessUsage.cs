using System.Globalization;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;

namespace Mlops.Tracking;

/// <summary>What the process, and the network of its machine, have used since they started.</summary>
internal readonly unsafe partial record struct ProcessUsage(
    TimeSpan Processor, TimeSpan Pauses, long DiskRead, long DiskWritten, long Received, long Sent)
{
    public static ProcessUsage Read()
    {
        var (read, written) = ReadDisk();
        var (received, sent) = OperatingSystem.IsLinux() ? ReadLinuxNetwork() : ReadNetwork();
        return new ProcessUsage(Environment.CpuUsage.TotalTime, GC.GetTotalPauseDuration(), read, written, received, sent);
    }

    private static (long Read, long Written) ReadDisk()
    {
        if (OperatingSystem.IsWindows())
        {
            // six counters of 64 bits: operations of three kinds, then their bytes
            var counters = stackalloc ulong[6];
            return GetProcessIoCounters(GetCurrentProcess(), counters) ? ((long)counters[3], (long)counters[4]) : default;
        }

        if (OperatingSystem.IsMacOS())
        {
            // rusage_info_v2: a UUID, then numbers of 64 bits, the last two being the bytes
            var info = stackalloc ulong[18 + 8];
            return GetResourceUsage(Environment.ProcessId, 2, info) == 0 ? ((long)info[18], (long)info[19]) : default;
        }

        (long Read, long Written) disk = default;
        if (!File.Exists("/proc/self/io"))
            return disk;
        foreach (var line in File.ReadLines("/proc/self/io"))
        {
            if (line.StartsWith("read_bytes: ", StringComparison.Ordinal))
                disk.Read = long.Parse(line.AsSpan(12), CultureInfo.InvariantCulture);
            else if (line.StartsWith("write_bytes: ", StringComparison.Ordinal))
                disk.Written = long.Parse(line.AsSpan(13), CultureInfo.InvariantCulture);
        }

        return disk;
    }

    private static (long Received, long Sent) ReadLinuxNetwork()
    {
        (long Received, long Sent) all = default;
        if (!File.Exists("/proc/net/dev"))
            return all;
        foreach (var line in File.ReadLines("/proc/net/dev"))
        {
            // "  eth0: bytes packets …": the first number is what was received, the ninth what was sent
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || line.AsSpan(0, colon).Trim() is "lo")
                continue;
            var numbers = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            all.Received += long.Parse(numbers[0], CultureInfo.InvariantCulture);
            all.Sent += long.Parse(numbers[8], CultureInfo.InvariantCulture);
        }

        return all;
    }

    private static (long Received, long Sent) ReadNetwork()
    {
        (long Received, long Sent) all = default;
        foreach (var card in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (card.NetworkInterfaceType == NetworkInterfaceType.Loopback || card.OperationalStatus != OperationalStatus.Up)
                continue;
            var statistics = card.GetIPStatistics();
            all.Received += statistics.BytesReceived;
            all.Sent += statistics.BytesSent;
        }

        return all;
    }

    [LibraryImport("kernel32")]
    private static partial nint GetCurrentProcess();

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetProcessIoCounters(nint process, ulong* counters);

    [LibraryImport("libproc", EntryPoint = "proc_pid_rusage")]
    private static partial int GetResourceUsage(int process, int flavor, ulong* info);
}

using System.Buffers.Text;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;

namespace Mlops.Tracking;

/// <summary>What the process, and the network of its machine, have used since they started.</summary>
internal readonly unsafe partial record struct ProcessUsage(
    TimeSpan Processor, long Memory, TimeSpan Pauses, long DiskRead, long DiskWritten, long Received, long Sent)
{
    public static ProcessUsage Read()
    {
        var (read, written) = ReadDisk();
        var (received, sent) = OperatingSystem.IsLinux() ? ReadLinuxNetwork() : ReadNetwork();
        return new ProcessUsage(Environment.CpuUsage.TotalTime, ReadMemory(), GC.GetTotalPauseDuration(), read, written, received, sent);
    }

    private static long ReadMemory()
    {
        if (!File.Exists("/proc/self/statm"))
            return Environment.WorkingSet;

        // the same number, which the runtime looks for in fifty lines of text: all pages, then those in memory
        ReadOnlySpan<byte> pages = File.ReadAllBytes("/proc/self/statm");
        TakeNumber(ref pages);
        return TakeNumber(ref pages) * Environment.SystemPageSize;
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

        if (!File.Exists("/proc/self/io"))
            return default;
        var io = File.ReadAllBytes("/proc/self/io");
        return (NumberBehind(io, "\nread_bytes: "u8), NumberBehind(io, "\nwrite_bytes: "u8));
    }

    private static (long Received, long Sent) ReadLinuxNetwork()
    {
        (long Received, long Sent) all = default;
        if (!File.Exists("/proc/net/dev"))
            return all;

        // "  eth0: bytes packets …": the first number is what was received, the ninth what was sent
        ReadOnlySpan<byte> rest = File.ReadAllBytes("/proc/net/dev");
        while (rest.IndexOf((byte)':') is >= 0 and var colon)
        {
            var isLoopback = rest[..colon].EndsWith(" lo"u8);
            rest = rest[(colon + 1)..];
            var received = TakeNumber(ref rest);
            for (var i = 0; i < 7; i++)
                TakeNumber(ref rest);
            var sent = TakeNumber(ref rest);
            if (!isLoopback)
                all = (all.Received + received, all.Sent + sent);
        }

        return all;
    }

    private static long NumberBehind(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        var at = text.IndexOf(name);
        var rest = at < 0 ? [] : text[(at + name.Length)..];
        return TakeNumber(ref rest);
    }

    private static long TakeNumber(ref ReadOnlySpan<byte> text)
    {
        text = text.TrimStart((byte)' ');
        var isNumber = Utf8Parser.TryParse(text, out long number, out var length);
        text = text[length..];
        return isNumber ? number : 0;
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

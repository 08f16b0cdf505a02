using System.Buffers.Text;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;

namespace Mlops.Tracking;

/// <summary>What the process, and the network of its machine, have used since they started; NaN where the system does not say.</summary>
internal readonly unsafe partial record struct ProcessUsage(
    TimeSpan Processor, double Memory, TimeSpan Pauses, double DiskRead, double DiskWritten, double Received, double Sent)
{
    private static readonly (double, double) Unknown = (double.NaN, double.NaN);

    /// <summary>Reads it all.</summary>
    /// <param name="proc">Where Linux tells it.</param>
    /// <param name="tell">Told which source could not be read and why; the others are read all the same.</param>
    public static ProcessUsage Read(string proc = "/proc", Action<string>? tell = null)
    {
        var memory = Try("memory", double.NaN, ReadMemory, proc, tell);
        var (read, written) = Try("disk", Unknown, ReadDisk, proc, tell);
        var (received, sent) = Try("network", Unknown, ReadNetwork, proc, tell);
        return new ProcessUsage(Environment.CpuUsage.TotalTime, memory, GC.GetTotalPauseDuration(), read, written, received, sent);
    }

    private static T Try<T>(string source, T unknown, Func<string, T> read, string proc, Action<string>? tell)
    {
        try
        {
            return read(proc);
        }
        catch (Exception e)
        {
            // a container may forbid one of them, whatever the others say
            tell?.Invoke($"{source} ({e.Message})");
            return unknown;
        }
    }

    private static double ReadMemory(string proc)
    {
        if (!OperatingSystem.IsLinux())
            return Environment.WorkingSet;

        // the same number, which the runtime looks for in fifty lines of text: all pages, then those in memory
        ReadOnlySpan<byte> pages = File.ReadAllBytes($"{proc}/self/statm");
        TakeNumber(ref pages);
        return TakeNumber(ref pages) * Environment.SystemPageSize;
    }

    private static (double Read, double Written) ReadDisk(string proc)
    {
        if (OperatingSystem.IsWindows())
        {
            // six counters of 64 bits: operations of three kinds, then their bytes
            var counters = stackalloc ulong[6];
            return GetProcessIoCounters(GetCurrentProcess(), counters) ? (counters[3], counters[4]) : Unknown;
        }

        if (OperatingSystem.IsMacOS())
        {
            // rusage_info_v2: a UUID, then numbers of 64 bits, the last two being the bytes
            var info = stackalloc ulong[18 + 8];
            return GetResourceUsage(Environment.ProcessId, 2, info) == 0 ? (info[18], info[19]) : Unknown;
        }

        var io = File.ReadAllBytes($"{proc}/self/io");
        return (NumberBehind(io, "\nread_bytes: "u8), NumberBehind(io, "\nwrite_bytes: "u8));
    }

    private static (double Received, double Sent) ReadLinuxNetwork(string proc)
    {
        (double Received, double Sent) all = default;

        // "  eth0: bytes packets …": the first number is what was received, the ninth what was sent
        ReadOnlySpan<byte> rest = File.ReadAllBytes($"{proc}/net/dev");
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

    private static (double Received, double Sent) ReadNetwork(string proc)
    {
        if (OperatingSystem.IsLinux())
            return ReadLinuxNetwork(proc);
        (double Received, double Sent) all = default;
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

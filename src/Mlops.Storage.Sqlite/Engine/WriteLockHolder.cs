using System.Globalization;

namespace Mlops.Storage.Sqlite;

/// <summary>
/// Names the process that holds the write lock of a store. On Linux the kernel lists file locks with their inode; the inode of
/// our own open -shm file comes from /proc/self. The file itself must not be opened here: closing it again would drop every
/// POSIX lock that this process holds on it.
/// </summary>
internal static class WriteLockHolder
{
    // byte 120 of the -shm file is the lock of the one writer, see https://www.sqlite.org/walformat.html
    private const long WriteLockByte = 120;
    private const string Unknown = "another process";

    public static string Describe(string path)
    {
        if (!OperatingSystem.IsLinux())
            return Unknown;
        try
        {
            return FindProcess(path + "-shm") switch
            {
                null or 0 => Unknown,
                var id when id == Environment.ProcessId => $"another connection of this process ({id})",
                var id => $"process {id} ({File.ReadAllText($"/proc/{id}/comm").Trim()})",
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return Unknown;
        }
    }

    private static int? FindProcess(string file)
    {
        var inodes = Inodes(file).ToHashSet(StringComparer.Ordinal);
        foreach (var line in File.ReadLines("/proc/locks"))
        {
            // 1: POSIX  ADVISORY  WRITE 4711 08:02:131077 120 120
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length < 8 || parts[1] == "->" || parts[3] != "WRITE" || !inodes.Contains(parts[5].Split(':')[^1]))
                continue;
            var first = long.Parse(parts[6], CultureInfo.InvariantCulture);
            var last = parts[7] == "EOF" ? long.MaxValue : long.Parse(parts[7], CultureInfo.InvariantCulture);
            if (first <= WriteLockByte && last >= WriteLockByte)
                return int.Parse(parts[4], CultureInfo.InvariantCulture);
        }

        return null;
    }

    private static IEnumerable<string> Inodes(string file)
    {
        foreach (var descriptor in Directory.EnumerateFiles("/proc/self/fd"))
        {
            if (new FileInfo(descriptor).LinkTarget != file)
                continue;
            var info = File.ReadLines($"/proc/self/fdinfo/{Path.GetFileName(descriptor)}");
            if (info.FirstOrDefault(l => l.StartsWith("ino:", StringComparison.Ordinal)) is { } inode)
                yield return inode[4..].Trim();
        }
    }
}

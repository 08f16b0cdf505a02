using System.Collections.Concurrent;

namespace Mlops.Storage;

/// <summary>
/// Deletes what killed attempts to make a file have left beside it: what has a name exactly of our form, was not written to for a
/// day and is held by nobody. Looks into a folder once a day. Thread-safe.
/// </summary>
internal sealed class Leftovers
{
    private const string Prefix = ".~";
    private const string Partial = ".partial";
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _swept = new(StringComparer.Ordinal);

    /// <param name="folder">The folder.</param>
    /// <param name="isCache">Whether it is the folders in it that hold files.</param>
    public void Sweep(string folder, bool isCache = false)
    {
        var now = TimeProvider.System.GetUtcNow();
        if (_swept.TryGetValue(folder, out var last) && now - last < Lifetime)
            return;
        _swept[folder] = now;
        var options = new EnumerationOptions { AttributesToSkip = 0, RecurseSubdirectories = isCache, MaxRecursionDepth = 1 };
        try
        {
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles(Prefix + "*", options))
            {
                // a read-only one is a second name of a file in a cache, which may be as old as that
                if (IsOurs(file.Name) && (file.Attributes & (FileAttributes.ReadOnly | FileAttributes.ReparsePoint)) == 0 && now - file.LastWriteTimeUtc > Lifetime)
                    TryDelete(file.FullName, now);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // what was asked for is there; this is only tidying
        }
    }

    /// <summary>Deletes a file that the caller holds. Whoever has it open without holding it yet sees that: it is read-only then, or gone.</summary>
    public static void Delete(FileStream held)
    {
        File.Delete(held.Name);
        if (!OperatingSystem.IsWindows())
            File.SetAttributes(held.SafeFileHandle, File.GetAttributes(held.SafeFileHandle) | FileAttributes.ReadOnly);
    }

    private static bool IsOurs(string name)
    {
        var digits = name.AsSpan(Prefix.Length);
        var isPartial = digits.EndsWith(Partial, StringComparison.Ordinal);
        if (isPartial)
            digits = digits[..^Partial.Length];
        return digits.Length == (isPartial ? 2 * Digest.SizeBytes : 32) && digits.TrimStart("0123456789abcdef").IsEmpty;
    }

    private static void TryDelete(string path, DateTimeOffset now)
    {
        try
        {
            using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.ReadWrite, // some file systems lock nothing for who only reads
                Share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None,
                BufferSize = 0,
            });
            if (now - File.GetLastWriteTimeUtc(file.SafeFileHandle) > Lifetime)
                Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // somebody has it open, or it is not ours to delete
        }
    }
}

using System.Diagnostics;
using System.Security.Cryptography;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Benchmarks.Content;

/// <summary>A content store with its index, as a client opens it, and the data that the figures share.</summary>
internal static class ContentRig
{
    public const int LargeBytes = 1024 * 1024 * 1024;

    public static SqliteMetadataStore Open(string folder, out ContentStore content, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        Directory.CreateDirectory(folder);
        var store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(folder, "mlops.db"), Time = time });
        content = new ContentStore(new FolderObjectStore(Path.Combine(folder, "objects"), time), store, time);
        return store;
    }

    /// <summary>Writes 1 GiB of noise, of which no two pieces are alike.</summary>
    public static async Task FillAsync(string path)
    {
        var random = new Random(20260601);
        var buffer = new byte[8 * 1024 * 1024];
        await using var file = new FileStream(path, FileMode.CreateNew);
        for (var written = 0L; written < LargeBytes; written += buffer.Length)
        {
            random.NextBytes(buffer);
            await file.WriteAsync(buffer);
        }
    }

    public static FileStream OpenRead(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.Asynchronous | FileOptions.SequentialScan);

    public static double GigabytesPerSecond(long start) => LargeBytes / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;

    /// <summary>Reads a file, hashes it on this thread, writes it, or both; what a program without a content store does.</summary>
    public static async Task CopyAsync(string source, IncrementalHash? hash, string? target, bool flushes)
    {
        var buffer = new byte[1024 * 1024];
        await using var from = OpenRead(source);
        await using var to = target is null ? null : new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous);
        int read;
        while ((read = await from.ReadAsync(buffer)) > 0)
        {
            hash?.AppendData(buffer, 0, read);
            if (to is not null)
                await to.WriteAsync(buffer.AsMemory(0, read));
        }

        if (flushes)
            to?.Flush(flushToDisk: true);
    }
}

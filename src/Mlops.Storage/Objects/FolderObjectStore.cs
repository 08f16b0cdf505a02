using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>
/// Objects as files below one folder, at the path that their name spells. A file appears under its name only when it is whole
/// and on the medium, so that a reader, a crash or a power failure never sees part of it. Works on local and network folders; on
/// file systems without hard links, of two writers that race for one name both may be told <see cref="PutOutcome.Created"/>. An
/// object cannot have a name that is the folder of another one. Thread-safe, and safe between processes.
/// </summary>
public sealed class FolderObjectStore : IObjectStore
{
    // '~' occurs in no object name, so a temporary file can be taken for no object
    private const string TemporaryPrefix = ".~";
    private const int BufferBytes = 128 * 1024;
    private static readonly TimeSpan TemporaryLifetime = TimeSpan.FromDays(1);
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0 };
    private readonly TimeProvider _time;

    /// <summary>Takes a folder, which the first put creates if it is missing.</summary>
    /// <param name="root">The folder; a relative path is resolved now.</param>
    /// <param name="time">The clock by which leftovers of crashed writers age (one day); the system's when null.</param>
    public FolderObjectStore(string root, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        Location = Path.GetFullPath(root);
        _time = time ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <summary>Called at each step of a put on its way to the medium, such as to be killed there; null for a store in use.</summary>
    internal Action<string>? Step { get; init; }

    /// <inheritdoc/>
    /// <exception cref="ConflictException">The name is the folder of another object, or lies below one.</exception>
    public async Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        cancellationToken.ThrowIfCancellationRequested();
        var target = PathOf(name);
        var folder = Path.GetDirectoryName(target)!;
        RefuseNesting(name, target);
        var temporary = Path.Combine(folder, TemporaryPrefix + RandomNumberGenerator.GetHexString(32, lowercase: true));
        try
        {
            if (Guard(name, () => IsThere(target)))
                return PutOutcome.AlreadyThere;
            if (!await TryWriteDirectAsync(name, content, temporary, cancellationToken).ConfigureAwait(false))
            {
                var file = Guard(name, () => CreateTemporary(folder, temporary));
                await using (file.ConfigureAwait(false))
                {
                    await CopyAsync(name, content, file, cancellationToken).ConfigureAwait(false);
                    Guard(name, () =>
                    {
                        DurableFile.Flush(file);
                        return true;
                    });
                }
            }

            Step?.Invoke("flushed");
            cancellationToken.ThrowIfCancellationRequested();
            if (Guard(name, () => DurableFile.TryMove(temporary, target, Step)))
                return PutOutcome.Created;
            _ = Guard(name, () => IsThere(target));
            return PutOutcome.AlreadyThere;
        }
        finally
        {
            TryDelete(temporary);
        }
    }

    /// <inheritdoc/>
    public Task<ObjectInfo?> FindAsync(ObjectName name, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Guard(name, () => Describe(name, new FileInfo(PathOf(name)))));
    }

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(
        ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        cancellationToken.ThrowIfCancellationRequested();
        var file = Guard(name, () => TryOpen(PathOf(name)))
            ?? throw new NotFoundException($"There is no object '{name}' in '{Location}'.");
        if (offset > file.Length)
        {
            var size = file.Length;
            file.Dispose();
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"The object '{name}' has {size} bytes.");
        }

        file.Position = offset;
        return Task.FromResult<Stream>(length is { } limit ? new RangeStream(file, limit) : file);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var pending = new Stack<(string Name, FileSystemInfo Entry)>();
        pending.Push(("", new DirectoryInfo(Location)));
        while (pending.TryPop(out var next))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (next.Entry is FileInfo file)
            {
                if (next.Name.StartsWith(prefix, StringComparison.Ordinal) && Describe(ObjectName.Parse(next.Name), file) is { } found)
                    yield return found;
                continue;
            }

            if (!next.Name.StartsWith(prefix, StringComparison.Ordinal) && !prefix.StartsWith(next.Name, StringComparison.Ordinal))
                continue;
            var entries = await Task.Run(() => Entries(next.Name, (DirectoryInfo)next.Entry), cancellationToken).ConfigureAwait(false);
            foreach (var entry in entries)
                pending.Push(entry);
        }
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(ObjectName name, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Guard(name, () =>
        {
            var path = PathOf(name);
            if (!File.Exists(path))
                return false;
            File.Delete(path);
            return true;
        }));
    }

    private string PathOf(ObjectName name) => Path.Combine(Location, name.Value.Replace('/', Path.DirectorySeparatorChar));

    private void RefuseNesting(ObjectName name, string target)
    {
        if (Directory.Exists(target))
            throw new ConflictException($"'{name}' cannot be stored in '{Location}': other objects lie below that name; choose another.");
        for (var above = Path.GetDirectoryName(target)!; above.Length > Location.Length; above = Path.GetDirectoryName(above)!)
        {
            if (File.Exists(above))
                throw new ConflictException($"'{name}' cannot be stored in '{Location}': '{above}' is itself an object; choose another name.");
        }
    }

    private static bool IsThere(string target)
    {
        if (!File.Exists(target))
            return false;

        // whoever made it may not have come to this yet, and our caller is about to rely on it
        DurableFile.FlushDirectory(Path.GetDirectoryName(target)!);
        return true;
    }

    private static FileStream CreateTemporary(string folder, string temporary)
    {
        DurableFile.CreateDirectory(folder);
        return new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        });
    }

    private async Task CopyAsync(ObjectName name, Stream content, FileStream file, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        while (true)
        {
            // errors of the caller's stream are the caller's; only those of the file are ours to explain
            var read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                return;
            try
            {
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                Step?.Invoke("in put");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw FileTrouble.Explain(e, name.Value, Location);
            }
        }
    }

    /// <summary>Writes what is in memory, such as a pack, past the page cache; false where that is not possible.</summary>
    private async Task<bool> TryWriteDirectAsync(ObjectName name, Stream content, string temporary, CancellationToken cancellationToken)
    {
        if (content is not MemoryStream memory || memory.Length - memory.Position < DirectFile.LeastBytes || !memory.TryGetBuffer(out var whole))
            return false;
        Guard(name, () =>
        {
            DurableFile.CreateDirectory(Path.GetDirectoryName(temporary)!);
            return true;
        });

        // blocks while the medium writes
        var isWritten = await Task.Run(
            () => Guard(name, () => DirectFile.TryWrite(temporary, whole.AsSpan((int)memory.Position), Step, cancellationToken)), cancellationToken).ConfigureAwait(false);
        if (isWritten)
            memory.Position = memory.Length;
        return isWritten;
    }

    private T Guard<T>(ObjectName name, Func<T> access)
    {
        try
        {
            return access();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileTrouble.Explain(e, name.Value, Location);
        }
    }

    private static FileStream? TryOpen(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.Read | FileShare.Delete,
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
            });
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static ObjectInfo? Describe(ObjectName name, FileInfo file)
    {
        try
        {
            return file.Exists ? new ObjectInfo(name, file.Length, new DateTimeOffset(file.LastWriteTimeUtc)) : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null; // deleted since it was seen
        }
    }

    /// <summary>What a folder holds, last first, so that popping a stack gives the ordinal order of whole names.</summary>
    private List<(string Name, FileSystemInfo Entry)> Entries(string folder, DirectoryInfo directory)
    {
        var entries = new List<(string Name, FileSystemInfo Entry)>();
        try
        {
            foreach (var entry in directory.EnumerateFileSystemInfos("*", Everything))
            {
                if (entry.Name.StartsWith(TemporaryPrefix, StringComparison.Ordinal))
                    DeleteIfLeftOver(entry);
                else if (IsName(folder + entry.Name))
                    entries.Add((folder + entry.Name + (entry is DirectoryInfo ? "/" : ""), entry));
            }
        }
        catch (DirectoryNotFoundException)
        {
            // nothing was put yet, or the folder went away meanwhile
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileTrouble.Explain(e, directory.FullName, Location);
        }

        entries.Sort((left, right) => string.CompareOrdinal(right.Name, left.Name));
        return entries;
    }

    private static bool IsName(string name)
    {
        try
        {
            return ObjectName.Parse(name).Value.Length > 0;
        }
        catch (FormatException)
        {
            return false; // something else that somebody put into the folder
        }
    }

    private void DeleteIfLeftOver(FileSystemInfo entry)
    {
        if (entry is FileInfo && _time.GetUtcNow() - entry.LastWriteTimeUtc > TemporaryLifetime)
            TryDelete(entry.FullName);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // it is not listed, and a listing after a day tries again
        }
    }
}

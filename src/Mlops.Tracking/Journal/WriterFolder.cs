using System.Buffers.Binary;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// The folder of one writer's journal. Whoever holds the lock on the file beside it, <c>&lt;writer&gt;.lock</c>, owns it; the
/// operating system frees the lock when the process dies, so no process id has to be trusted. The lock is taken before the
/// folder exists and removed after it, so a folder without a held lock has no living owner.
/// </summary>
internal sealed class WriterFolder : IDisposable
{
    private readonly FileStream _lock;

    private WriterFolder(string path, RecordId writer, FileStream held)
    {
        Path = path;
        Writer = writer;
        _lock = held;
    }

    public string Path { get; }

    public RecordId Writer { get; }

    /// <summary>Creates the folder of a new writer.</summary>
    /// <exception cref="StorageUnavailableException">The folder cannot be written, or locks do not work there.</exception>
    public static WriterFolder Create(string root, RecordId writer)
    {
        var path = System.IO.Path.Combine(root, writer.ToString());
        try
        {
            Directory.CreateDirectory(root);
            LocalFolder.Require(root, "set JournalPath to a folder on a local disk");
            var folder = new WriterFolder(path, writer, Lock(path));
            if (TryLock(path) is not { } second)
            {
                Directory.CreateDirectory(path);
                return folder;
            }

            second.Dispose();
            folder.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException(
                $"The journal at {root} cannot be written: {e.Message} Free space, or move the store to a writable local folder.", e);
        }

        throw new StorageUnavailableException(
            $"File locks do not work at {root}, so two processes could not tell their journals apart. Move the store to a local disk.");
    }

    /// <summary>The folders that dead writers left, each locked for the caller; that of <paramref name="self"/> is not even tried.</summary>
    public static IEnumerable<WriterFolder> TakeDead(string root, RecordId self = default)
    {
        if (!Directory.Exists(root))
            yield break;
        foreach (var path in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            if (!RecordId.TryParse(System.IO.Path.GetFileName(path), null, out var writer) || writer == self || TryLock(path) is not { } held)
                continue;

            // another process may have recovered and removed it between the listing and the lock
            var folder = new WriterFolder(path, writer, held);
            if (Directory.Exists(path))
                yield return folder;
            else
                folder.Remove();
        }
    }

    /// <summary>True if the writer's folder is here and its lock is held; a failed probe means only "perhaps alive".</summary>
    public static bool IsPerhapsAlive(string root, RecordId writer)
    {
        var path = System.IO.Path.Combine(root, writer.ToString());
        if (!Directory.Exists(path))
            return false;
        if (TryLock(path) is not { } held)
            return true;
        held.Dispose();
        return false;
    }

    /// <summary>All journals below a folder, with the bytes of all files in each; those that go away meanwhile are left out.</summary>
    public static IEnumerable<JournalFolder> List(string root)
    {
        if (!Directory.Exists(root))
            yield break;
        foreach (var path in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            if (RecordId.TryParse(System.IO.Path.GetFileName(path), null, out var writer) && Measure(path) is { } bytes)
                yield return new JournalFolder(writer, bytes, IsPerhapsAlive(root, writer));
        }

        static long? Measure(string path)
        {
            try
            {
                return new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(LengthOf);
            }
            catch (DirectoryNotFoundException)
            {
                return null;
            }
        }

        static long LengthOf(FileInfo file)
        {
            try
            {
                return file.Length;
            }
            catch (FileNotFoundException)
            {
                return 0;
            }
        }
    }

    /// <summary>The segment files.</summary>
    public IEnumerable<string> Segments() => Directory.EnumerateFiles(Path, "*.seg").Order(StringComparer.Ordinal);

    /// <summary>Where the first recovery of this journal began; this one, if there was none before.</summary>
    public long BeginRecovery(long sequence)
    {
        var path = System.IO.Path.Combine(Path, "recovery");
        if (File.Exists(path) && File.ReadAllBytes(path) is { Length: sizeof(long) } before)
            return BinaryPrimitives.ReadInt64LittleEndian(before);
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, sequence);
        try
        {
            File.WriteAllBytes(path, bytes);
        }
        catch (IOException)
        {
            // on a full disk the points come first: their recovery frees some
        }

        return sequence;
    }

    /// <summary>Removes the folder and everything in it, then the lock.</summary>
    public void Remove()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
        Dispose();
        try
        {
            File.Delete(LockOf(Path));
        }
        catch (IOException)
        {
            // somebody probes it at this moment; the next to find it without a folder removes it
        }
    }

    /// <summary>Lets go of the lock and leaves the folder.</summary>
    public void Dispose() => _lock.Dispose();

    private static string LockOf(string path) => path + ".lock";

    private static FileStream Lock(string path) =>
        new(LockOf(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);

    private static FileStream? TryLock(string path)
    {
        try
        {
            return Lock(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

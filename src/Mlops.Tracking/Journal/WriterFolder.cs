using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// The folder of one writer's journal. Whoever holds the lock on its <c>.lock</c> file owns it; the operating system frees the
/// lock when the process dies, so no process id has to be trusted.
/// </summary>
internal sealed class WriterFolder : IDisposable
{
    private const string LockName = ".lock";
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
            Directory.CreateDirectory(path);
            var folder = new WriterFolder(path, writer, Lock(path));
            if (TryLock(path) is not { } second)
                return folder;
            second.Dispose();
            folder.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException(
                $"The journal at {root} cannot be written: {e.Message} Free space, or point TrackingOptions.JournalPath at a writable local folder.", e);
        }

        throw new StorageUnavailableException(
            $"File locks do not work at {root}, so two processes could not tell their journals apart. Point TrackingOptions.JournalPath at a local disk.");
    }

    /// <summary>The folders that dead writers left, each locked for the caller.</summary>
    public static IEnumerable<WriterFolder> TakeDead(string root)
    {
        if (!Directory.Exists(root))
            yield break;
        foreach (var path in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            if (!RecordId.TryParse(System.IO.Path.GetFileName(path), null, out var writer) || TryLock(path) is not { } held)
                continue;

            // another process may have recovered and removed it between the listing and the lock
            if (File.Exists(System.IO.Path.Combine(path, LockName)))
                yield return new WriterFolder(path, writer, held);
            else
                held.Dispose();
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

    /// <summary>The segment files.</summary>
    public IEnumerable<string> Segments() => Directory.EnumerateFiles(Path, "*.seg").Order(StringComparer.Ordinal);

    /// <summary>Removes the folder and everything in it. Whoever takes the lock meanwhile finds no segment and does the same.</summary>
    public void Remove()
    {
        foreach (var file in Segments().ToList())
            File.Delete(file);
        Dispose();
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // the other one was faster, or still holds the lock and removes it in a moment
        }
    }

    /// <summary>Lets go of the lock and leaves the folder.</summary>
    public void Dispose() => _lock.Dispose();

    private static FileStream Lock(string path) =>
        new(System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);

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

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mlops.Storage;

/// <summary>What .NET does not offer for files that must survive a power failure (invariant W2).</summary>
public static partial class DurableFile
{
    private const int ReadOnlyFlag = 0;
    private const int FullFlush = 51;
    private const int Interrupted = 4;
    private const uint WriteThrough = 8;
    private const int FileExists = 80;
    private const int AlreadyExists = 183;

    /// <summary>Flushes a written file to the medium itself.</summary>
    public static void Flush(FileStream file)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.Flush(flushToDisk: true);

        // fsync on macOS leaves the bytes in the drive's cache; file systems without F_FULLFSYNC refuse it and have nothing better
        if (OperatingSystem.IsMacOS())
            _ = Control(file.SafeFileHandle, FullFlush);
    }

    /// <summary>
    /// Gives a flushed file its name unless the name is taken, and makes that durable. False if the name is taken; the source is
    /// then left for the caller to delete.
    /// </summary>
    internal static bool TryMove(string source, string target, Action<string>? step = null)
    {
        if (OperatingSystem.IsWindows())
        {
            if (MoveFile(source, target, WriteThrough))
                return true;
            var error = Marshal.GetLastPInvokeError();
            return error is FileExists or AlreadyExists ? false : throw Failed("rename", target, error);
        }

        // a hard link fails if the name is taken, whoever races; rename would silently replace
        if (Link(source, target) == 0)
        {
            step?.Invoke("linked");
            File.Delete(source);
            step?.Invoke("unlinked");
        }
        else
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == ExistsError)
                return false;
            if (!IsLinkRefused(error))
                throw Failed("link", target, error);

            // FAT, some network and container file systems have no hard links; File.Move checks before it renames, which
            // leaves a race that is harmless for objects named by their content
            try
            {
                File.Move(source, target, overwrite: false);
            }
            catch (IOException) when (File.Exists(target))
            {
                return false;
            }
        }

        FlushDirectory(Path.GetDirectoryName(target)!);
        return true;
    }

    /// <summary>Gives a file a second name.</summary>
    /// <exception cref="IOException">The name is taken, or the file system does not link, or not between these folders.</exception>
    internal static void CreateHardLink(string existing, string link)
    {
        var isMade = OperatingSystem.IsWindows() ? CreateHardLink(link, existing, 0) : Link(existing, link) == 0;
        if (!isMade)
            throw Failed("link", link, Marshal.GetLastPInvokeError());
    }

    /// <summary>Creates a directory and those above it, each flushed into its parent.</summary>
    public static void CreateDirectory(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            return;
        if (Path.GetDirectoryName(path) is { Length: > 0 } parent)
        {
            CreateDirectory(parent);
            Directory.CreateDirectory(path);
            FlushDirectory(parent);
        }
        else
        {
            Directory.CreateDirectory(path);
        }
    }

    /// <summary>Makes the names in a directory durable. Windows writes them through with the move.</summary>
    /// <exception cref="IOException">The directory cannot be opened or flushed.</exception>
    public static void FlushDirectory(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (OperatingSystem.IsWindows())
            return;
        var handle = Open(path, ReadOnlyFlag);
        if (handle < 0)
            throw Failed("open", path, Marshal.GetLastPInvokeError());
        try
        {
            if (OperatingSystem.IsMacOS() && Control(handle, FullFlush) == 0)
                return;
            while (Sync(handle) != 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error == InvalidError)
                    return; // the file system cannot flush directories; it has no stronger promise to give
                if (error != Interrupted)
                    throw Failed("flush", path, error);
            }
        }
        finally
        {
            _ = Close(handle);
        }
    }

    private const int ExistsError = 17;
    private const int InvalidError = 22;

    /// <summary>EPERM, EXDEV, EMLINK, ENOSYS and the two numbers of EOPNOTSUPP: the file system does not link.</summary>
    private static bool IsLinkRefused(int error) => error is 1 or 18 or 31 or 38 or 45 or 95;

    private static IOException Failed(string what, string path, int error) =>
        new($"Could not {what} '{path}': {Marshal.GetPInvokeErrorMessage(error)}", OperatingSystem.IsWindows() ? unchecked((int)0x80070000) | error : error);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string source, string target);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle handle, int command);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int handle, int command);

    [LibraryImport("kernel32", EntryPoint = "MoveFileExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool MoveFile(string source, string target, uint flags);

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLink(string link, string existing, nint security);
}

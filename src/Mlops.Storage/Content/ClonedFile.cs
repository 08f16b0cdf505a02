using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mlops.Storage;

/// <summary>Makes a file that shares its blocks with another, until one of the two is written to, where the file system can.</summary>
internal static partial class ClonedFile
{
    // FICLONE, but for some architectures, which only copy then
    private const nuint Clone = 0x40049409;

    /// <summary>Whether the new file is there with all its bytes; otherwise it may be there, empty.</summary>
    public static bool TryMake(string existing, string path)
    {
        if (!OperatingSystem.IsWindows() && !OperatingSystem.IsMacOS())
        {
            using var source = File.OpenHandle(existing, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var target = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
            return Control(target, Clone, source) == 0;
        }

        if (OperatingSystem.IsWindows())
        {
            // there a copy is a clone
            if (Path.GetPathRoot(path) is not { Length: <= 3 } drive || new DriveInfo(drive).DriveFormat != "ReFS")
                return false;
            File.Copy(existing, path);
        }
        else if (CloneFile(existing, path, 0) != 0)
        {
            return false;
        }

        // these take over that the other is read-only, and how old it is
        File.SetAttributes(path, FileAttributes.Normal);
        File.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime);
        return true;
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle handle, nuint request, SafeFileHandle source);

    [LibraryImport("libc", EntryPoint = "clonefile", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CloneFile(string existing, string path, uint flags);
}

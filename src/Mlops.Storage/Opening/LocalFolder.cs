namespace Mlops.Storage;

/// <summary>Refuses network file systems, whose locks and mapped memory do not carry a write-ahead log or a journal safely.</summary>
public static class LocalFolder
{
    private static readonly string[] NetworkFormats =
        ["nfs", "cifs", "smb", "afs", "ncp", "9p", "ceph", "glusterfs", "lustre", "fuse.sshfs", "webdav", "davfs"];

    /// <summary>Checks where a folder is, which need not exist.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="remedy">What to do if it is elsewhere, such as <c>use a local path</c>.</param>
    /// <exception cref="StorageUnavailableException">It is on a network file system.</exception>
    public static void Require(string folder, string remedy)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        DriveInfo drive;
        string format;
        try
        {
            drive = new DriveInfo(folder);
            if (drive.DriveType is DriveType.Fixed or DriveType.Ram)
                return;
            format = drive.DriveFormat;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // a drive that does not say what it is, such as a UNC path, is judged below by the path alone
            if (OperatingSystem.IsWindows() && folder.StartsWith(@"\\", StringComparison.Ordinal))
                throw Refused(folder, "network share", remedy);
            return;
        }

        if (IsNetwork(drive.DriveType, format))
            throw Refused(folder, format, remedy);
    }

    /// <summary>Whether a drive of this kind is on another machine.</summary>
    public static bool IsNetwork(DriveType type, string format) =>
        type == DriveType.Network || Array.Exists(NetworkFormats, f => format.StartsWith(f, StringComparison.OrdinalIgnoreCase));

    private static StorageUnavailableException Refused(string folder, string format, string remedy) =>
        new($"The folder '{folder}' is on a network file system ({format}), whose locks keep no data safe; {remedy}.");
}

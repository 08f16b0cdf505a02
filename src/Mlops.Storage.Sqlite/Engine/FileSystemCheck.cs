namespace Mlops.Storage.Sqlite;

/// <summary>Refuses network file systems, whose locks and shared memory do not carry a write-ahead log safely.</summary>
internal static class FileSystemCheck
{
    private static readonly string[] NetworkFormats =
        ["nfs", "cifs", "smb", "afs", "ncp", "9p", "ceph", "glusterfs", "lustre", "fuse.sshfs", "webdav", "davfs"];

    public static void RequireLocal(string folder)
    {
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
                throw Refused(folder, "network share");
            return;
        }

        if (IsNetwork(drive.DriveType, format))
            throw Refused(folder, format);
    }

    public static bool IsNetwork(DriveType type, string format) =>
        type == DriveType.Network || Array.Exists(NetworkFormats, f => format.StartsWith(f, StringComparison.OrdinalIgnoreCase));

    private static StorageUnavailableException Refused(string folder, string format) => new(
        $"The folder '{folder}' is on a network file system ({format}), where SQLite cannot keep data safe; use a local path, or PostgreSQL for a team.");
}

namespace Mlops.Storage;

/// <summary>Turns what the file system says into what the user can do about it.</summary>
internal static class FileTrouble
{
    private const int UnixNoSpace = 28;
    private const int UnixReadOnly = 30;
    private const int LinuxQuota = 122;
    private const int MacQuota = 69;
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int WindowsSharing = unchecked((int)0x80070020);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsWriteProtected = unchecked((int)0x80070013);

    public static StorageUnavailableException Explain(Exception error, string what, string location) => new(
        $"'{what}' could not be stored or read in '{location}': {Remedy(error)} ({error.Message})", error);

    /// <summary>Whether a file could not be opened because somebody else has it open.</summary>
    public static bool IsInUse(IOException error) =>
        error.HResult == (OperatingSystem.IsWindows() ? WindowsSharing : OperatingSystem.IsMacOS() ? MacWouldBlock : LinuxWouldBlock);

    private static string Remedy(Exception error) => error switch
    {
        UnauthorizedAccessException => "access is denied; give this user the right to read and write the folder.",
        { HResult: UnixNoSpace or LinuxQuota or MacQuota or WindowsDiskFull or WindowsHandleDiskFull } =>
            "the disk is full; free some space or move the store to a larger disk.",
        { HResult: UnixReadOnly or WindowsWriteProtected } => "the file system is read-only; mount it for writing or open another store.",
        _ => "the file system failed; check that the disk or share is there, then try again.",
    };
}

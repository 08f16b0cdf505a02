namespace Mlops.Storage;

/// <summary>
/// By what a file that somebody writes to is told from one that rests: its size and the time of the last write. A writer through a
/// mapping may change neither until the file is closed; then a mixture of before and after can be stored, under its own digest.
/// </summary>
internal readonly record struct FileStamp(long SizeBytes, DateTimeOffset Written, DateTimeOffset Taken)
{
    // coarser than the clock of any file system that keeps fractions of a second; FAT keeps every other second
    private static readonly TimeSpan Fine = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Coarse = TimeSpan.FromSeconds(3);

    public static FileStamp Of(FileStream file) => new(
        file.Length, File.GetLastWriteTimeUtc(file.SafeFileHandle), TimeProvider.System.GetUtcNow());

    /// <summary>
    /// Whether the file still is what was read of it since this stamp. Where it had been written so shortly before that another
    /// write could have left the same time, it is read again and compared.
    /// </summary>
    public async Task<bool> IsUnchangedAsync(FileStream file, ContentInfo read, CancellationToken cancellationToken)
    {
        if (SizeBytes != read.SizeBytes || Of(file) is var now && (now.SizeBytes != SizeBytes || now.Written != Written))
            return false;
        var clock = Written.Ticks % TimeSpan.TicksPerSecond == 0 ? Coarse : Fine;
        if (Taken - Written > clock)
            return true;
        file.Position = 0;
        return await SourceFile.HashAsync(file, cancellationToken).ConfigureAwait(false) == read;
    }
}

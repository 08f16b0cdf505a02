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

    // what is read again in about the time that is waited for at most
    private const long WorthWaitingBytes = 64 * 1024 * 1024;

    /// <summary>
    /// Takes the stamp of a file before it is read. That of a large one that was written just now is taken a moment later, so that it
    /// need not be read again.
    /// </summary>
    public static async Task<FileStamp> TakeAsync(FileStream file, TimeProvider time, CancellationToken cancellationToken)
    {
        var stamp = Of(file, time);
        if (stamp.SizeBytes < WorthWaitingBytes || stamp.Clock != Fine || stamp.IsSettled || stamp.Age < TimeSpan.Zero)
            return stamp;
        await Task.Delay(Fine - stamp.Age + TimeSpan.FromMilliseconds(5), time, cancellationToken).ConfigureAwait(false);
        return Of(file, time);
    }

    /// <summary>
    /// Whether the file still is what was read of it since this stamp. Where it had been written so shortly before that another
    /// write could have left the same time, it is read again and compared.
    /// </summary>
    public async Task<bool> IsUnchangedAsync(FileStream file, ContentInfo read, CancellationToken cancellationToken)
    {
        if (SizeBytes != read.SizeBytes || file.Length != SizeBytes || WrittenTo(file) != Written)
            return false;
        if (IsSettled)
            return true;
        file.Position = 0;
        return await SourceFile.HashAsync(file, cancellationToken).ConfigureAwait(false) == read;
    }

    private TimeSpan Clock => Written.Ticks % TimeSpan.TicksPerSecond == 0 ? Coarse : Fine;

    private TimeSpan Age => Taken - Written;

    /// <summary>Whether another write would have left another time.</summary>
    private bool IsSettled => Age > Clock;

    private static FileStamp Of(FileStream file, TimeProvider time) => new(file.Length, WrittenTo(file), time.GetUtcNow());

    private static DateTimeOffset WrittenTo(FileStream file) => File.GetLastWriteTimeUtc(file.SafeFileHandle);
}

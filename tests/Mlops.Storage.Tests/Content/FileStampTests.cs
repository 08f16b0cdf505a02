using Microsoft.Extensions.Time.Testing;

namespace Mlops.Storage.Tests.Content;

/// <summary>How a file that somebody writes to is told from one that rests.</summary>
public sealed class FileStampTests : IDisposable
{
    private const int Large = 64 * 1024 * 1024;
    private readonly TemporaryFolder _folder = new();

    // with fractions of a second, as fine file systems have them
    private static readonly DateTime Written = new(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Take_largeFileWrittenJustNow_waitsSoThatItIsNotReadAgain()
    {
        await using var file = Make(Large, Written);
        var time = new FakeTimeProvider(Written.AddMilliseconds(10));
        var taking = FileStamp.TakeAsync(file, time, CancellationToken.None);
        Assert.False(taking.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.True(await IsTakenForUnreadAsync(await taking, file));
        Assert.False(await (await taking).IsUnchangedAsync(file, new ContentInfo(default, Large - 1), CancellationToken.None));
    }

    [Theory]
    [InlineData(Large, 678, 60, true)]
    [InlineData(1000, 678, 10, false)]
    [InlineData(1000, 678, 60, true)]
    [InlineData(1000, 0, 60, false)]
    [InlineData(1000, 678, -10, false)]
    public async Task Take_otherFile_isReadAgainIfItWasWrittenJustNow(int size, int milliseconds, int age, bool isSettled)
    {
        var written = new DateTime(2026, 1, 2, 3, 4, 5, milliseconds, DateTimeKind.Utc);
        await using var file = Make(size, written);
        var taking = FileStamp.TakeAsync(file, new FakeTimeProvider(written.AddMilliseconds(age)), CancellationToken.None);
        Assert.True(taking.IsCompleted);
        Assert.Equal(isSettled, await IsTakenForUnreadAsync(await taking, file));
    }

    /// <summary>Only who does not read the file again takes it for a content that it is not.</summary>
    private static Task<bool> IsTakenForUnreadAsync(FileStamp stamp, FileStream file) =>
        stamp.IsUnchangedAsync(file, new ContentInfo(Digest.Of("something else"u8), file.Length), CancellationToken.None);

    private FileStream Make(int size, DateTime written)
    {
        var path = _folder["file"];
        using (var file = File.Create(path))
            file.SetLength(size);
        File.SetLastWriteTimeUtc(path, written);
        return SourceFile.Open(path);
    }
}

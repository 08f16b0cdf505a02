using Mlops.Storage;

namespace Mlops.Tracking.Tests.Journal;

public sealed class WriterFolderTests
{
    private static readonly RecordId Writer = new(5);

    [Fact]
    public void TakeDead_ownerHoldsTheLock_leavesItAlone()
    {
        using var root = new TemporaryFolder();
        using (WriterFolder.Create(root.Path, Writer))
        {
            Assert.Empty(WriterFolder.TakeDead(root.Path));
            Assert.True(WriterFolder.IsPerhapsAlive(root.Path, Writer));
        }

        Assert.False(WriterFolder.IsPerhapsAlive(root.Path, Writer));
        var dead = Assert.Single(WriterFolder.TakeDead(root.Path));
        Assert.Equal(Writer, dead.Writer);
        Assert.Empty(WriterFolder.TakeDead(root.Path));
        dead.Remove();
        Assert.Empty(Directory.EnumerateFileSystemEntries(root.Path));
    }

    [Fact]
    public void TakeDead_noRootOrForeignFolders_takesNothing()
    {
        using var root = new TemporaryFolder();
        Assert.Empty(WriterFolder.TakeDead(root["absent"]));
        Directory.CreateDirectory(root["notes"]);
        Assert.Empty(WriterFolder.TakeDead(root.Path));
        Assert.True(Directory.Exists(root["notes"]));
        Assert.False(WriterFolder.IsPerhapsAlive(root.Path, Writer));
    }

    [Fact]
    public void Create_rootIsAFile_namesTheRemedy()
    {
        using var root = new TemporaryFolder();
        File.WriteAllText(root["file"], "");
        var refused = Assert.Throws<StorageUnavailableException>(() => WriterFolder.Create(root["file"], Writer));
        Assert.Contains("writable local folder", refused.Message, StringComparison.Ordinal);
    }
}

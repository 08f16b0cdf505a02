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

    [Fact]
    public void List_journalGoesAwayMeanwhile_leavesItOutAndCountsAllFilesOfTheOthers()
    {
        using var root = new TemporaryFolder();
        foreach (var writer in (RecordId[])[new(1), new(2), new(3)])
        {
            Directory.CreateDirectory(root[$"{writer}/spool/objects"]);
            File.WriteAllText(root[$"{writer}/0.seg"], "12");
            File.WriteAllText(root[$"{writer}/spool/objects/a"], "345");
        }

        List<JournalFolder> found = [];
        foreach (var journal in WriterFolder.List(root.Path))
        {
            found.Add(journal);
            if (found.Count == 1)
                Directory.Delete(root[new RecordId(2).ToString()], recursive: true);
        }

        Assert.Equal([new JournalFolder(new(1), 5, false), new JournalFolder(new(3), 5, false)], found);
        Assert.Empty(WriterFolder.List(root["absent"]));
    }
}

using Microsoft.Extensions.Time.Testing;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.Tests.Objects;

public sealed class FolderObjectStoreTests : IDisposable
{
    private static readonly ObjectName Name = ObjectName.Parse("a/b");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task PutIfAbsent_failedOrTaken_leavesNoTemporaryFile()
    {
        var store = new FolderObjectStore(_folder.Path);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => store.PutIfAbsentAsync(Name, new TestStream(new byte[9], 3, failAt: 3)));
        await store.PutIfAbsentAsync(Name, new MemoryStream(new byte[5]));
        await store.PutIfAbsentAsync(Name, new MemoryStream(new byte[6]));
        Assert.Equal([_folder["a/b"]], Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task List_foldersDeeperThanAnyName_passesThemOver()
    {
        Directory.CreateDirectory(_folder["1/2/3/4/5/6/7/8"]);
        await File.WriteAllTextAsync(_folder["1/2/3/4/5/6/7/8/9"], "of somebody else");
        await new FolderObjectStore(_folder.Path).PutIfAbsentAsync(Name, new MemoryStream());
        List<ObjectName> found = [];
        await foreach (var info in new FolderObjectStore(_folder.Path).ListAsync(""))
            found.Add(info.Name);
        Assert.Equal([Name], found);
    }

    [Fact]
    public async Task PutIfAbsent_takenMeanwhile_leavesTheWinnersBytes()
    {
        var store = new FolderObjectStore(_folder.Path);
        var late = new TestStream(new byte[9], 9, atEveryRead: at =>
        {
            if (at == 0)
                File.WriteAllText(Path.Combine(Directory.CreateDirectory(_folder["a"]).FullName, "b"), "winner");
        });
        Assert.Equal(PutOutcome.AlreadyThere, await store.PutIfAbsentAsync(Name, late));
        Assert.Equal("winner", await File.ReadAllTextAsync(_folder["a/b"]));
        Assert.Single(Directory.GetFiles(_folder["a"]));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a/b/c")]
    public async Task PutIfAbsent_nameIsAFolderOfAnother_throwsConflictNamingIt(string name)
    {
        var store = new FolderObjectStore(_folder.Path);
        await store.PutIfAbsentAsync(Name, new MemoryStream());
        var error = await Assert.ThrowsAsync<ConflictException>(
            () => store.PutIfAbsentAsync(ObjectName.Parse(name), new MemoryStream()));
        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task PutIfAbsent_diskFull_saysSoAndLeavesNothing()
    {
        using var disk = TinyDisk.Mount(256 * 1024);
        var store = new FolderObjectStore(disk.Path);
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => store.PutIfAbsentAsync(Name, new MemoryStream(new byte[1 << 20])));
        Assert.Contains("disk is full", error.Message, StringComparison.Ordinal);
        Assert.Contains(disk.Path, error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(disk.Path, "*", SearchOption.AllDirectories));
        Assert.Equal(PutOutcome.Created, await store.PutIfAbsentAsync(Name, new MemoryStream(new byte[100_000])));
    }

    [SkippableFact]
    public async Task PutIfAbsent_readOnlyDisk_saysSoAndReadsGoOn()
    {
        using var disk = TinyDisk.Mount(256 * 1024);
        var store = new FolderObjectStore(disk.Path);
        await store.PutIfAbsentAsync(Name, new MemoryStream(new byte[3]));
        disk.MakeReadOnly();
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => store.PutIfAbsentAsync(ObjectName.Parse("c/d"), new MemoryStream()));
        Assert.Contains("read-only", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.DeleteAsync(Name));
        Assert.Equal(3, (await store.FindAsync(Name))!.SizeBytes);
    }

    [SkippableTheory]
    [InlineData(100_000)]
    [InlineData(3_000_000)]
    public async Task PutIfAbsent_diskThatIsWrittenThroughItsCacheOnly_isStored(int size)
    {
        using var disk = TinyDisk.MountCached();
        var store = new FolderObjectStore(disk.Path);
        Assert.Equal(PutOutcome.Created, await store.PutIfAbsentAsync(Name, new MemoryStream(new byte[size], 0, size, writable: false, publiclyVisible: true)));
        Assert.Equal(size, (await store.FindAsync(Name))!.SizeBytes);
        Assert.Single(Directory.GetFiles(disk.Path, "*", SearchOption.AllDirectories));
    }

    [SkippableFact]
    public async Task PutIfAbsent_noPermission_saysSo()
    {
        Skip.If(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "root ignores permissions; Windows has others");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => new FolderObjectStore(_folder.Path).PutIfAbsentAsync(Name, new MemoryStream()));
        Assert.Contains("access is denied", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_leftoversAndForeignFiles_areNotListedAndOldLeftoversGo()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var store = new FolderObjectStore(_folder.Path, time);
        await store.PutIfAbsentAsync(Name, new MemoryStream());
        await File.WriteAllTextAsync(_folder["a/.~0123"], "half");
        await File.WriteAllTextAsync(_folder["a/README.TXT"], "foreign");

        Assert.Equal([Name], await NamesAsync(store));
        Assert.True(File.Exists(_folder["a/.~0123"]));
        time.Advance(TimeSpan.FromHours(25));
        Assert.Equal([Name], await NamesAsync(store));
        Assert.False(File.Exists(_folder["a/.~0123"]));
        Assert.True(File.Exists(_folder["a/README.TXT"]));
    }

    [Fact]
    public async Task Delete_whileRead_readerGoesOn()
    {
        var store = new FolderObjectStore(_folder.Path);
        await store.PutIfAbsentAsync(Name, new MemoryStream(new byte[500_000]));
        await using var stream = await store.OpenReadAsync(Name);
        Assert.True(await store.DeleteAsync(Name));
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        Assert.Equal(500_000, copy.Length);
    }

    private static async Task<List<ObjectName>> NamesAsync(FolderObjectStore store)
    {
        var names = new List<ObjectName>();
        await foreach (var one in store.ListAsync(""))
            names.Add(one.Name);
        return names;
    }
}

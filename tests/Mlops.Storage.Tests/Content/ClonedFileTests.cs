using Mlops.Storage.Conformance;

namespace Mlops.Storage.Tests.Content;

/// <summary>On a file system that shares blocks between files.</summary>
public sealed class ClonedFileTests
{
    private const int Size = 40_000_000;

    [SkippableFact]
    public async Task Materialize_fromACacheOnXfs_takesNoSpaceForEachFurtherFile()
    {
        using var folder = new TemporaryFolder();
        using var disk = TinyDisk.MountCloning(320 << 20);
        var bytes = new byte[Size];
        new Random(1).NextBytes(bytes);
        var content = new ContentStore(new FolderObjectStore(folder["objects"]));
        var digest = (await content.PutAsync(bytes)).Digest;
        var options = new MaterializeOptions { CacheFolder = Path.Combine(disk.Path, "cache") };
        var names = Enumerable.Range(0, 3).Select(i => Path.Combine(disk.Path, "models", $"{i}")).ToList();
        var free = new DriveInfo(disk.Path).AvailableFreeSpace;
        foreach (var name in names)
            await content.MaterializeAsync(digest, name, options);
        Assert.InRange(free - new DriveInfo(disk.Path).AvailableFreeSpace, Size, 1.5 * Size);

        // and yet they are files of their own
        File.SetAttributes(names[0], FileAttributes.Normal);
        await File.WriteAllTextAsync(names[0], "something else");
        Assert.Equal(bytes, await File.ReadAllBytesAsync(names[1]));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(names[2]));
        await content.MaterializeAsync(digest, names[0], options with { CacheFolder = null });
        Assert.InRange(free - new DriveInfo(disk.Path).AvailableFreeSpace, 2 * Size, 2.5 * Size);
    }
}

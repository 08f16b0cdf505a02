using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Tests;

/// <summary>The disk of the objects is full in the middle of a put.</summary>
public sealed class ContentDiskTests : IDisposable
{
    private readonly TempStore _temp = new();

    public void Dispose() => _temp.Dispose();

    [SkippableFact]
    public async Task Put_disk_full_on_the_way_says_so_and_what_was_there_stays()
    {
        using var disk = TinyDisk.Mount(24 << 20);
        await using var index = _temp.Open();
        var content = new ContentStore(new FolderObjectStore(Path.Combine(disk.Path, "objects")), index, spoolFolder: _temp.Folder);
        var before = (await content.PutAsync(Noise(2_000_000, 1))).Digest;
        var path = Path.Combine(_temp.Folder, "source");
        await File.WriteAllBytesAsync(path, Noise(40_000_000, 2));

        var full = await Assert.ThrowsAsync<StorageUnavailableException>(() => content.PutFileAsync(path));
        Assert.Contains("the disk is full", full.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => content.PutAsync(new TestStream(Noise(40_000_000, 3), 65_536)));
        Assert.Equal(before, Digest.Of(await content.ReadAllAsync(before)));
        Assert.True((await content.ScrubAsync(long.MaxValue)).IsSound);
        Assert.True((await index.VerifyAsync()).IsSound);
        List<ContentInfo> there = [];
        await foreach (var info in content.ListAsync())
            there.Add(info);
        Assert.Equal(before, Assert.Single(there).Digest);
    }

    private static byte[] Noise(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}

using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class ContentConformance
{
    [SkippableFact]
    public async Task CopyObjects_hold_the_contents_with_a_copy_of_the_index()
    {
        var named = await PutAsync(Random(20_000_000, 1), Random(1000, 2));
        await PutAsync(Random(20_000_000, 3));
        var target = new FolderObjectStore(Path.Combine(Folder, "copy"), Time);
        var report = await _content.CopyObjectsAsync(target, named.ToHashSet());
        Assert.Equal((report.Objects, 0), (report.CopiedObjects, report.Problems.Count));
        var copy = new ContentStore(target, _index, Time);
        foreach (var digest in named)
            Assert.Equal(digest, Digest.Of(await copy.ReadAllAsync(digest)));

        // also what nothing names: the index says that it is there
        Assert.Equal(Random(20_000_000, 3), await copy.ReadAllAsync((await copy.PutAsync(Random(20_000_000, 3))).Digest));
        Assert.Equal(0, (await _content.CopyObjectsAsync(target, named.ToHashSet(), trustsPresent: true)).CopiedObjects);
    }

    [SkippableFact]
    public async Task CopyObjects_original_damaged_leaves_the_sound_copy_and_says_so()
    {
        var digest = Assert.Single(await PutAsync(Random(3_000_000)));
        var target = new FolderObjectStore(Path.Combine(Folder, "copy"), Time);
        await _content.CopyObjectsAsync(target, new HashSet<Digest> { digest });
        var info = Assert.Single(await ObjectsAsync());
        var pack = await ReadObjectAsync(info.Name);
        pack[1_000_000] ^= 1;
        await ReplaceAsync(info.Name, pack);

        var report = await _content.CopyObjectsAsync(target, new HashSet<Digest> { digest });
        Assert.Contains(info.Name.Value, Assert.Single(report.Problems), StringComparison.Ordinal);
        Assert.Equal(Random(3_000_000), await new ContentStore(target, _index, Time).ReadAllAsync(digest));
    }

    [SkippableFact]
    public async Task CopyObjects_what_arrives_wrong_only_once_is_copied_right()
    {
        var digest = Assert.Single(await PutAsync(Random(3_000_000)));
        var target = new FolderObjectStore(Path.Combine(Folder, "copy"), Time);
        var report = await new ContentStore(new OnceWrongObjects(Objects), _index, Time).CopyObjectsAsync(target, new HashSet<Digest> { digest });
        Assert.Empty(report.Problems);
        Assert.Equal(Random(3_000_000), await new ContentStore(target, _index, Time).ReadAllAsync(digest));
    }
}

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
    public async Task CopyObjects_repaired_while_the_index_was_away_takes_the_whole_object_along()
    {
        var digest = Assert.Single(await PutAsync(Random(1000)));
        var info = Assert.Single(await ObjectsAsync());
        var pack = await ReadObjectAsync(info.Name);
        pack[0] ^= 1;
        await ReplaceAsync(info.Name, pack);
        await Assert.ThrowsAsync<IntegrityException>(() => _content.ReadAllAsync(digest));
        await new ContentStore(Objects).PutAsync(Random(1000));
        Assert.Equal(Random(1000), await _content.ReadAllAsync(digest));

        var target = new FolderObjectStore(Path.Combine(Folder, "copy"), Time);
        await _content.CopyObjectsAsync(target, new HashSet<Digest> { digest });
        Assert.Equal(Random(1000), await new ContentStore(target, _index, Time).ReadAllAsync(digest));
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

    [SkippableFact]
    public async Task CopyObjects_packed_anew_meanwhile_are_found_where_they_are_now()
    {
        List<Digest> digests = [];
        for (var i = 0; i < 40; i++)
            digests.AddRange(await PutNamedAsync(Random(1000, i)));
        Release();
        var collected = new Lazy<Task>(async () =>
        {
            for (var i = 0; i < 2; i++)
            {
                await _content.CollectGarbageAsync(Really);
                Time.Advance(TimeSpan.FromDays(2));
            }
        });
        var target = new FolderObjectStore(Path.Combine(Folder, "copy"), Time);
        var report = await new ContentStore(new ReadObjects(Objects, () => collected.Value), _index, Time).CopyObjectsAsync(target, digests.ToHashSet());
        Assert.True(collected.IsValueCreated);
        Assert.Empty(report.Problems);
        foreach (var digest in digests)
            Assert.Equal(digest, Digest.Of(await new ContentStore(target, _index, Time).ReadAllAsync(digest)));
    }

    [SkippableFact]
    public async Task Hold_keeps_what_is_there_however_long_it_takes()
    {
        await PutAsync(Random(3_000_000));
        Release();
        await _content.CollectGarbageAsync(Really);
        Time.Advance(TimeSpan.FromDays(2));
        var time = new WatchedTime(Time);
        var collector = new ContentStore(Objects, _index, Time);
        await new ContentStore(Objects, _index, time).HoldAsync(async () =>
        {
            Assert.True((await collector.CollectGarbageAsync(Really)).Deleted > 0);
            for (var i = 0; i < 10; i++)
            {
                var isWaiting = time.NextTimer;
                Time.Advance(TimeSpan.FromMinutes(4));
                await isWaiting;
            }

            Assert.Contains((await collector.CollectGarbageAsync(Really with { Grace = TimeSpan.Zero })).Items, i => i.State == GarbageState.Leased);
            return Assert.Single(await ObjectsAsync());
        });
        Time.Advance(TimeSpan.FromDays(2));
        await collector.CollectGarbageAsync(Really);
        Assert.Empty(await ObjectsAsync());
    }

    /// <summary>Does something before each read.</summary>
    private sealed class ReadObjects(IObjectStore inner, Func<Task> beforeRead) : PassingObjects(inner)
    {
        public override async Task<Stream> OpenReadAsync(ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
        {
            await beforeRead();
            return await base.OpenReadAsync(name, offset, length, cancellationToken);
        }
    }
}

using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class ContentConformance
{
    [SkippableFact]
    public async Task Scrub_flipped_bits_are_found_and_a_put_repairs_them_all()
    {
        var large = Random(40_000_000, 1);
        var small = Random(1000, 2);
        await PutAsync(large, small);
        Assert.True((await _content.ScrubAsync(long.MaxValue)).IsSound);
        foreach (var info in await ObjectsAsync())
        {
            var pack = await ReadObjectAsync(info.Name);
            pack[pack.Length / 3] ^= 1;
            await ReplaceAsync(info.Name, pack);
        }

        var report = await _content.ScrubAsync(long.MaxValue);
        Assert.True(report.IsRoundComplete);
        Assert.All(await ObjectsAsync(), info => Assert.Contains(report.Problems, p => p.Contains(info.Name.ToString(), StringComparison.Ordinal)));
        await Assert.ThrowsAsync<IntegrityException>(() => _content.ReadAllAsync(Digest.Of(large)));
        await AssertReadableAsync(await PutAsync(large, small));
        await PutAsync(large);
    }

    [SkippableFact]
    public async Task Scrub_a_budget_at_a_time_reaches_everything()
    {
        await PutAsync(Random(60_000_000));
        for (var i = 0; i < 3; i++)
            await new ContentStore(Objects).PutAsync(Random(1000, i));
        var objects = await CountObjectsAsync();
        var (rounds, seen) = (0, 0L);
        while (true)
        {
            var report = await _content.ScrubAsync(1);
            seen += report.Objects;
            rounds++;
            if (report.IsRoundComplete)
                break;
        }

        Assert.Equal((objects, objects), (rounds, (int)seen));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _content.ScrubAsync(0));
    }

    [SkippableFact]
    public async Task Scrub_what_arrives_wrong_only_once_is_sound()
    {
        var digests = await PutAsync(Random(3_000_000), Random(1000, 2));
        await new ContentStore(Objects).PutAsync(Random(1000, 3));
        Assert.Equal([], (await new ContentStore(new OnceWrongObjects(Objects), _index, Time).ScrubAsync(long.MaxValue)).Problems);
        await AssertReadableAsync(digests);
    }

    [SkippableFact]
    public async Task Scrub_footer_that_arrives_wrong_once_and_an_entry_after_it_are_sound()
    {
        var digests = await PutAsync(Random(3_000_000));
        var objects = new WrongObjects(Objects, read => read switch { 1 => ^20, 2 => 1000, _ => null });
        Assert.Empty((await new ContentStore(objects, _index, Time).ScrubAsync(long.MaxValue)).Problems);
        await AssertReadableAsync(digests);
    }

    [SkippableFact]
    public async Task Scrub_many_missing_packs_takes_one_look_at_the_index()
    {
        for (var i = 0; i < 5; i++)
            await PutAsync(Random(1000, i));
        foreach (var info in await ObjectsAsync())
            await Objects.DeleteAsync(info.Name);
        var index = new FaultyStore(_index);
        var report = await new ContentStore(Objects, index, Time).ScrubAsync(long.MaxValue);
        Assert.Equal(5, report.Problems.Count);
        Assert.InRange(index.Lists, 1, 2 * 256);
        Assert.True(report.IsRoundComplete);
    }

    [SkippableFact]
    public async Task Scrub_damaged_footer_is_told_and_the_contents_are_read_on()
    {
        var digests = await PutAsync(Random(3_000_000));
        var info = Assert.Single(await ObjectsAsync());
        var pack = await ReadObjectAsync(info.Name);
        pack[^20] ^= 1;
        await ReplaceAsync(info.Name, pack);
        Assert.Contains("footer", Assert.Single((await _content.ScrubAsync(long.MaxValue)).Problems), StringComparison.Ordinal);
        await AssertReadableAsync(digests);
        pack[0] ^= 1;
        await ReplaceAsync(info.Name, pack);
        Assert.Equal(2, (await _content.ScrubAsync(long.MaxValue)).Problems.Count);
    }

    [SkippableFact]
    public async Task Scrub_damaged_whole_object_is_found()
    {
        var digest = (await new ContentStore(Objects).PutAsync(Random(1000))).Digest;
        await ReplaceAsync(ContentStore.NameOf(digest), Random(1000, 2));
        Assert.Contains(digest.ToString(), Assert.Single((await _content.ScrubAsync(long.MaxValue)).Problems), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task RebuildIndex_index_lost_finds_everything_in_the_packs()
    {
        var digests = await PutAsync(Random(40_000_000, 1), Random(1000, 2), Random(0));
        var cells = (await _index.ListCellsAsync("chunk/")).Concat(await _index.ListCellsAsync("content/")).ToList();
        await _index.CommitAsync(new Batch
        {
            Actor = "test",
            ClientTime = Time.GetUtcNow(),
            Cells = [.. cells.Select(c => new CellWrite { Key = c.Key })],
        });
        foreach (var digest in digests)
            await Assert.ThrowsAsync<NotFoundException>(() => _content.ReadAllAsync(digest));

        var report = await _content.RebuildIndexAsync();
        Assert.Equal((await CountObjectsAsync(), cells.Count, 0), ((int)report.Packs, (int)report.Entries, report.Problems.Count));
        await AssertReadableAsync(digests);
        Assert.Equal(0, (await _content.RebuildIndexAsync()).Entries);
        Assert.Equal(await CountObjectsAsync(), (await PutAsync(Random(40_000_000, 1)), await CountObjectsAsync()).Item2);
    }

    [SkippableFact]
    public async Task RebuildIndex_entry_in_quarantine_is_taken_from_another_pack_that_has_it_sound()
    {
        var digests = await PutAsync(Random(3_000_000));
        var info = Assert.Single(await ObjectsAsync());
        var sound = await ReadObjectAsync(info.Name);
        var pack = sound.ToArray();
        pack[1_000_000] ^= 1;
        await ReplaceAsync(info.Name, pack);
        await _content.ScrubAsync(long.MaxValue);
        await PutAsync(Random(3_000_000));
        var other = (await ObjectsAsync()).Single(o => o.Name != info.Name);
        var repaired = await ReadObjectAsync(other.Name);

        // now the repaired one is damaged, and the first one is back from a backup
        await ReplaceAsync(info.Name, sound);
        await ReplaceAsync(other.Name, [.. repaired.Select(b => (byte)(b ^ 1))]);
        await _content.ScrubAsync(long.MaxValue);
        await Assert.ThrowsAsync<IntegrityException>(() => _content.ReadAllAsync(digests[0]));

        Assert.Equal(1, (await _content.RebuildIndexAsync()).Entries);
        await AssertReadableAsync(digests);
    }

    [SkippableFact]
    public async Task RebuildIndex_beside_a_collection_is_refused()
    {
        await PutAsync(Random(1000));
        Release();
        Exception? error = null;
        var line = new FaultyStore(_index)
        {
            Step = step =>
            {
                if (step == "after commit")
                    error ??= Record.ExceptionAsync(() => _content.RebuildIndexAsync()).GetAwaiter().GetResult();
            },
        };
        await new ContentStore(Objects, line, Time).CollectGarbageAsync(Really);
        Assert.IsType<ConflictException>(error);
        Assert.Equal(1, (await _content.RebuildIndexAsync()).Packs);
    }
}

using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class ContentConformance
{
    [SkippableFact]
    public async Task RebuildIndex_older_than_the_packs_takes_what_was_packed_anew_since()
    {
        List<Digest> digests = [];
        for (var i = 0; i < 20; i++)
            digests.AddRange(await PutNamedAsync(Random(1000, i)));
        var dump = await ListCellsAsync();
        Release();
        await CollectAsync(2);
        Assert.Equal(1, await CountObjectsAsync());
        await ReplaceCellsAsync(dump);

        Assert.Equal(20, (await _content.RebuildIndexAsync()).Entries);
        await AssertReadableAsync(digests);
        Release();
        await CollectAsync(3);
        await AssertReadableAsync(digests);
    }

    [SkippableFact]
    public async Task RebuildIndex_list_of_chunks_that_are_gone_does_not_come_back()
    {
        // two packs, of which the second, with the list of all, stays for what else is in it
        var bytes = Random(14_000_000);
        await PutAsync(bytes);
        var kept = await PutNamedAsync(bytes[8_000_000..]);
        Release();
        await CollectAsync(3);
        Assert.Equal(kept, (await ListAsync()).Select(c => c.Digest));
        var report = await _content.RebuildIndexAsync();
        Assert.Equal(kept, (await ListAsync()).Select(c => c.Digest));
        Assert.Empty(report.Problems);
        await AssertReadableAsync(kept);

        await AssertReadableAsync(await PutAsync(bytes));
        await ReplaceCellsAsync([]);
        await _content.RebuildIndexAsync();
        Assert.Equal(2, (await ListAsync()).Count);
        Assert.DoesNotContain(await ListCellsAsync(), c => c.Value.Span[^1] != 0);
        await AssertReadableAsync([kept[0], Digest.Of(bytes)]);
    }

    [SkippableFact]
    public async Task RebuildIndex_named_list_of_which_a_chunk_is_gone_stays_and_keeps_the_other_chunks()
    {
        var bytes = Random(14_000_000);
        var digest = await PutNamedAsync(bytes);
        var packs = (await ObjectsAsync()).Where(o => o.Name.Value.StartsWith("packs/", StringComparison.Ordinal)).OrderBy(o => o.SizeBytes).ToList();
        var taken = await ReadObjectAsync(packs[^1].Name);
        await Objects.DeleteAsync(packs[^1].Name);
        await ReplaceCellsAsync([]);
        Assert.Contains(digest[0].ToString(), Assert.Single((await _content.RebuildIndexAsync()).Problems), StringComparison.Ordinal);
        await CollectAsync(3);

        // the missing pack comes back from a backup
        await Objects.PutIfAbsentAsync(packs[^1].Name, new MemoryStream(taken));
        Assert.Empty((await _content.RebuildIndexAsync()).Problems);
        await AssertReadableAsync(digest);
    }

    [SkippableFact]
    public async Task CollectGarbage_pack_whose_footer_is_damaged_is_packed_anew_by_the_index()
    {
        var digests = await PutNamedAsync(Random(3_000_000), Random(0));
        var info = (await ObjectsAsync()).MaxBy(o => o.SizeBytes)!;
        var pack = await ReadObjectAsync(info.Name);
        pack[^20] ^= 1;
        await ReplaceAsync(info.Name, pack);
        Assert.Contains("collect", Assert.Single((await _content.ScrubAsync(long.MaxValue)).Problems), StringComparison.Ordinal);
        Release();
        Assert.Equal(info.SizeBytes, (await _content.CollectGarbageAsync()).RewrittenBytes);
        Assert.Equal(info.SizeBytes, (await _content.CollectGarbageAsync(Really)).RewrittenBytes);

        // the old one waits for its grace, and nobody needs it
        Assert.Empty((await _content.ScrubAsync(long.MaxValue)).Problems);
        Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(0, (await _content.CollectGarbageAsync(Really)).RewrittenBytes);
        Assert.DoesNotContain(info.Name, (await ObjectsAsync()).Select(o => o.Name));
        Assert.Empty((await _content.RebuildIndexAsync()).Problems);
        await AssertReadableAsync(digests);
    }

    [SkippableFact]
    public async Task CollectGarbage_pack_whose_footer_and_an_entry_are_damaged_keeps_that_entry_until_it_is_put_again()
    {
        var digests = await PutNamedAsync(Random(3_000_000));
        var info = Assert.Single(await ObjectsAsync());
        var pack = await ReadObjectAsync(info.Name);
        pack[^20] ^= 1;
        pack[0] ^= 1;
        await ReplaceAsync(info.Name, pack);
        Assert.Equal(2, (await _content.ScrubAsync(long.MaxValue)).Problems.Count);
        Release();
        await CollectAsync(2);
        Assert.Equal(2, await CountObjectsAsync());
        await PutAsync(Random(3_000_000));
        Release();
        await CollectAsync(3);
        Assert.DoesNotContain(info.Name, (await ObjectsAsync()).Select(o => o.Name));
        Assert.True((await _content.ScrubAsync(long.MaxValue)).IsSound);
        await AssertReadableAsync(digests);
    }

    [SkippableFact]
    public async Task RebuildIndex_cells_that_are_no_places_are_made_anew_or_taken_away()
    {
        var digests = await PutNamedAsync(Random(3_000_000), Random(1000, 2));
        var lost = await PutAsync(Random(1000, 3));
        foreach (var cell in await ListCellsAsync())
            await WriteCellsAsync([new CellWrite { Key = cell.Key, Value = cell.Value[..20] }]);
        await Objects.DeleteAsync((await ObjectsAsync()).Last(o => o.SizeBytes < 2000).Name);
        await Assert.ThrowsAsync<IntegrityException>(() => _content.CollectGarbageAsync(Really));

        var report = await _content.RebuildIndexAsync();
        var small = digests[1..].Concat(lost).ToList();
        var gone = Assert.Single(small, d => report.Problems.Any(p => p.Contains(d.ToString(), StringComparison.Ordinal)));
        Assert.Single(report.Problems);
        await AssertReadableAsync(digests.Concat(lost).Where(d => d != gone));
        await Assert.ThrowsAsync<NotFoundException>(() => _content.ReadAllAsync(gone));
        await _content.CollectGarbageAsync(Really);
        Assert.Empty((await _content.RebuildIndexAsync()).Problems);
    }

    [SkippableTheory]
    [InlineData(1000)]
    [InlineData(3_000_000)]
    public async Task Put_where_a_cell_is_no_place_makes_it_anew(int size)
    {
        var digests = await PutAsync(Random(size));
        foreach (var cell in await ListCellsAsync())
            await WriteCellsAsync([new CellWrite { Key = cell.Key, Value = Array.Empty<byte>() }]);
        var (digest, problem) = Assert.Single(await _content.CheckAsync(digests).ToListAsync());
        Assert.Equal(digests[0], digest);
        Assert.Contains($"content/{digest}", problem, StringComparison.Ordinal);
        await PutAsync(Random(size));
        await AssertReadableAsync(digests);
    }

    [SkippableFact]
    public async Task Put_small_that_was_stored_as_chunks_before_does_not_rely_on_them()
    {
        // a file that grows while it is read is stored so
        var digest = (await _content.PutAsync(new GrowingStream(Random(500_000), 400_000))).Digest;
        var info = Assert.Single(await ObjectsAsync());
        var pack = await ReadObjectAsync(info.Name);
        pack[1000] ^= 1;
        await ReplaceAsync(info.Name, pack);
        await Assert.ThrowsAsync<IntegrityException>(() => _content.ReadAllAsync(digest));
        await PutAsync(Random(500_000));
        await AssertReadableAsync([digest]);
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(3_000_000)]
    public async Task CollectGarbage_whole_object_that_is_named_is_packed_and_goes_after_its_grace(int size)
    {
        var digest = (await new ContentStore(Objects, spoolFolder: Folder).PutAsync(Random(size))).Digest;
        await NameAsync([digest]);
        await _content.CollectGarbageAsync(Really);

        // a backup whose copy of the index was made before it was packed needs the whole object
        Assert.Equal(2, await CountObjectsAsync());
        Time.Advance(TimeSpan.FromHours(23));
        await _content.CollectGarbageAsync(Really);
        Assert.Equal(2, await CountObjectsAsync());
        Time.Advance(TimeSpan.FromHours(2));
        await _content.HoldAsync(() => _content.CollectGarbageAsync(Really));
        Assert.StartsWith("packs/", Assert.Single(await ObjectsAsync()).Name.Value, StringComparison.Ordinal);
        await AssertReadableAsync([digest]);
        Assert.Empty((await _content.CollectGarbageAsync(Really)).Items);
    }

    [SkippableFact]
    public async Task CollectGarbage_whole_object_that_is_named_stays_for_whoever_began_before_it_was_packed()
    {
        var digest = (await new ContentStore(Objects).PutAsync(Random(1000))).Digest;
        await NameAsync([digest]);
        await _content.HoldAsync(async () =>
        {
            await _content.CollectGarbageAsync(Really);
            Time.Advance(TimeSpan.FromMinutes(5));
            var report = await _content.CollectGarbageAsync(Really with { Grace = TimeSpan.Zero });
            Assert.Equal(GarbageState.Leased, Assert.Single(report.Items).State);
            return report;
        });
        Assert.Equal(2, await CountObjectsAsync());
        Release();
        await CollectAsync(2);
        Assert.Equal(1, await CountObjectsAsync());
        await AssertReadableAsync([digest]);
    }

    [SkippableFact]
    public async Task CollectGarbage_whole_object_damaged_and_put_again_goes()
    {
        var digest = (await new ContentStore(Objects).PutAsync(Random(1000))).Digest;
        await NameAsync([digest]);
        await ReplaceAsync(ContentStore.NameOf(digest), Random(1000, 2));
        Assert.Contains("store the content again", Assert.Single((await _content.ScrubAsync(long.MaxValue)).Problems), StringComparison.Ordinal);
        await PutAsync(Random(1000));
        Assert.Empty((await _content.ScrubAsync(long.MaxValue)).Problems);
        Release();
        await CollectAsync(2);
        Assert.StartsWith("packs/", Assert.Single(await ObjectsAsync()).Name.Value, StringComparison.Ordinal);
        await AssertReadableAsync([digest]);
    }

    [SkippableTheory]
    [InlineData(1000)]
    [InlineData(3_000_000)]
    public async Task CollectGarbage_whole_object_whose_pack_is_damaged_repairs_it_before_it_goes(int size)
    {
        var digest = (await PutNamedAsync(Random(size)))[0];
        var info = Assert.Single(await ObjectsAsync());
        await new ContentStore(Objects, spoolFolder: Folder).PutAsync(Random(size));
        Release();
        await _content.CollectGarbageAsync(Really);
        var pack = await ReadObjectAsync(info.Name);
        pack[0] ^= 1;
        await ReplaceAsync(info.Name, pack);
        Time.Advance(TimeSpan.FromDays(2));
        await _content.CollectGarbageAsync(Really);
        Assert.NotNull(await Objects.FindAsync(ContentStore.NameOf(digest)));
        await AssertReadableAsync([digest]);
        Release();
        await CollectAsync(3);
        Assert.Null(await Objects.FindAsync(ContentStore.NameOf(digest)));
        await AssertReadableAsync([digest]);
    }

    [SkippableFact]
    public async Task CollectGarbage_whole_object_that_arrives_wrong_once_is_not_told_to_be_damaged()
    {
        await new ContentStore(Objects).PutAsync(Random(1000));
        var report = await new ContentStore(new OnceWrongObjects(Objects), _index, Time).CollectGarbageAsync(Really);
        Assert.DoesNotContain(report.Items, i => i.Why.Contains("damaged", StringComparison.Ordinal));
        Assert.Equal(1, await CountObjectsAsync());
    }

    [SkippableFact]
    public async Task CollectGarbage_whole_object_that_takes_longer_to_read_than_the_lease_lasts_goes()
    {
        var digest = (await new ContentStore(Objects).PutAsync(Random(1000))).Digest;
        await NameAsync([digest]);
        await _content.CollectGarbageAsync(Really);
        Time.Advance(TimeSpan.FromDays(2));
        var time = new WatchedTime(Time);
        await new ContentStore(new LongReads(Objects, time, Time.Advance), _index, time).CollectGarbageAsync(Really);
        Assert.StartsWith("packs/", Assert.Single(await ObjectsAsync()).Name.Value, StringComparison.Ordinal);
    }

    private async Task CollectAsync(int times)
    {
        for (var i = 0; i < times; i++)
        {
            await _content.CollectGarbageAsync(Really);
            Time.Advance(TimeSpan.FromDays(2));
        }
    }

    private async Task<List<Cell>> ListCellsAsync() => [.. await _index.ListCellsAsync("chunk/"), .. await _index.ListCellsAsync("content/")];

    private async Task ReplaceCellsAsync(List<Cell> cells)
    {
        await WriteCellsAsync([.. (await ListCellsAsync()).Select(c => new CellWrite { Key = c.Key })]);
        await WriteCellsAsync([.. cells.Select(c => new CellWrite { Key = c.Key, Value = c.Value })]);
    }

    private Task<BatchResult> WriteCellsAsync(List<CellWrite> cells) =>
        _index.CommitAsync(new Batch { Actor = "test", ClientTime = Time.GetUtcNow(), Cells = cells });

    /// <summary>A read of a pack takes 44 minutes, of which 11 pass each time that somebody waits.</summary>
    private sealed class LongReads(IObjectStore inner, WatchedTime time, Action<TimeSpan> advance) : PassingObjects(inner)
    {
        public override async Task<Stream> OpenReadAsync(ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
        {
            for (var i = 0; i < 4 && name.Value.StartsWith("packs/", StringComparison.Ordinal); i++)
            {
                while (!time.IsWaitedBy)
                    await Task.Delay(1, cancellationToken);
                advance(TimeSpan.FromMinutes(11));
            }

            return await base.OpenReadAsync(name, offset, length, cancellationToken);
        }
    }

    private sealed class GrowingStream(byte[] content, long lengthBefore) : MemoryStream(content, writable: false)
    {
        public override long Length => lengthBefore;
    }
}

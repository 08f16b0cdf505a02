using System.Runtime.CompilerServices;
using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class ContentConformance
{
    private static readonly GarbageOptions Really = new() { IsDryRun = false, Grace = TimeSpan.FromDays(1) };
    private readonly IdGenerator _ids = new();

    [SkippableFact]
    public async Task CollectGarbage_unnamed_content_goes_after_its_grace_and_named_content_stays()
    {
        var kept = await PutNamedAsync(Random(3_000_000, 1), Random(1000, 2));
        var lost = await PutAsync(Random(4_000_000, 3), Random(2000, 4));
        Release();

        var first = await _content.CollectGarbageAsync(Really);
        Assert.Equal((2L, 0L), (first.LiveContents, first.Deleted));
        Assert.True(first.Condemned > 2);
        Assert.Equal(2, first.Items.Count(i => i.State == GarbageState.Condemned));
        Time.Advance(TimeSpan.FromHours(23));
        Assert.All((await _content.CollectGarbageAsync(Really)).Items, i => Assert.Equal(GarbageState.InGrace, i.State));
        Time.Advance(TimeSpan.FromHours(2));
        var last = await _content.CollectGarbageAsync(Really);
        Assert.Equal(first.Condemned, last.Deleted);

        // whoever read the index just before still finds the bytes; they wait once more
        Assert.Equal(0, last.FreedBytes);
        Assert.True(await SizeAsync() > 7_000_000);
        Time.Advance(TimeSpan.FromHours(23));
        Assert.Equal(0, (await _content.CollectGarbageAsync(Really)).FreedBytes);
        Time.Advance(TimeSpan.FromHours(2));
        Assert.True((await _content.CollectGarbageAsync(Really)).FreedBytes > 4_000_000);

        await AssertReadableAsync(kept);
        foreach (var digest in lost)
            await Assert.ThrowsAsync<NotFoundException>(() => _content.ReadAllAsync(digest));
        Assert.InRange(await SizeAsync(), 3_001_000, 3_100_000);
        Assert.Empty((await _content.CollectGarbageAsync(Really)).Items);
    }

    [SkippableFact]
    public async Task CollectGarbage_empty_content_alone_in_its_pack_stays_while_it_is_named()
    {
        var kept = await PutNamedAsync(Random(0));
        Release();
        for (var i = 0; i < 3; i++)
        {
            Assert.Empty((await _content.CollectGarbageAsync(Really)).Items);
            Time.Advance(TimeSpan.FromDays(2));
        }

        await AssertReadableAsync(kept);
    }

    [SkippableFact]
    public async Task CollectGarbage_dry_run_says_the_same_and_changes_nothing()
    {
        await PutAsync(Random(3_000_000));
        Release();
        var dry = await _content.CollectGarbageAsync();
        Assert.True(dry.IsDryRun);
        Assert.Equal(dry, await _content.CollectGarbageAsync() with { Items = dry.Items });
        Assert.Equal(dry.Condemned, (await _content.CollectGarbageAsync(Really)).Condemned);
        Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(dry.Condemned, (await _content.CollectGarbageAsync(Really with { IsDryRun = true })).Deleted);
        Assert.Equal(dry.Condemned, (await _content.CollectGarbageAsync(Really)).Deleted);
        Time.Advance(TimeSpan.FromDays(2));
        var objects = await CountObjectsAsync();
        Assert.True((await _content.CollectGarbageAsync(Really with { IsDryRun = true })).FreedBytes > 3_000_000);
        Assert.Equal(objects, await CountObjectsAsync());
    }

    [SkippableFact]
    public async Task CollectGarbage_content_put_again_while_condemned_is_kept()
    {
        var small = Random(1000, 1);
        var large = Random(3_000_000, 2);
        await PutAsync(small, large);
        Release();
        await _content.CollectGarbageAsync(Really);
        Time.Advance(TimeSpan.FromDays(2));

        // of the large one only a part comes back, as the part of another
        byte[] grown = [.. large, .. Random(500_000, 3)];
        var kept = await PutAsync(small, grown);
        Release();
        await _content.CollectGarbageAsync(Really);
        await AssertReadableAsync(kept);
        await Assert.ThrowsAsync<NotFoundException>(() => _content.ReadAllAsync(Digest.Of(large)));
        await NameAsync(kept);
        Time.Advance(TimeSpan.FromDays(2));
        await _content.CollectGarbageAsync(Really);
        await AssertReadableAsync(kept);
    }

    [SkippableFact]
    public async Task CollectGarbage_put_that_began_before_the_condemnation_keeps_what_it_found()
    {
        var shared = Random(3_000_000, 1);
        await PutAsync(shared);
        Release();
        byte[] bytes = [.. shared, .. Random(30_000_000, 2)];
        var isCollected = false;
        var digest = (await _content.PutAsync(new TestStream(bytes, 65_536, atEveryRead: at =>
        {
            if (at < 25_000_000 || isCollected)
                return;
            isCollected = true;

            // by now the put has found the shared chunks; it says nothing of them in the index
            Collect().GetAwaiter().GetResult();
        }))).Digest;
        Assert.True(isCollected);
        Assert.Equal(bytes, await _content.ReadAllAsync(digest));

        async Task Collect()
        {
            var other = new ContentStore(Objects, _index, Time);
            Assert.True((await other.CollectGarbageAsync(Really)).Condemned > 0);
            Time.Advance(TimeSpan.FromMinutes(5));
            var report = await other.CollectGarbageAsync(Really with { Grace = TimeSpan.Zero });
            Assert.Equal(0, report.Deleted);
            Assert.Contains(report.Items, i => i.State == GarbageState.Leased);
        }
    }

    [SkippableFact]
    public async Task CollectGarbage_content_put_again_in_the_instant_of_its_deletion_is_kept()
    {
        var bytes = Random(3_000_000);
        await PutAsync(bytes, Random(5000, 2));
        Release();
        await _content.CollectGarbageAsync(Really);
        Time.Advance(TimeSpan.FromDays(2));
        var commits = 0;
        var line = new FaultyStore(_index)
        {
            Step = step =>
            {
                // the first commit is the lease of the collection, with the second it deletes
                if (step == "before commit" && ++commits == 2)
                    _content.PutAsync(bytes).GetAwaiter().GetResult();
            },
        };
        var report = await new ContentStore(Objects, line, Time).CollectGarbageAsync(Really);
        Assert.Equal(1, report.Deleted);
        Assert.DoesNotContain(report.Items, i => i.State == GarbageState.Deleted && i.What.Contains(Digest.Of(bytes).ToString(), StringComparison.Ordinal));
        Assert.Equal(bytes, await _content.ReadAllAsync(Digest.Of(bytes)));
    }

    [SkippableFact]
    public async Task CollectGarbage_content_named_within_its_grace_behind_the_mark_is_kept()
    {
        var digests = await PutAsync(Random(3_000_000));
        Release();
        await _content.CollectGarbageAsync(Really);
        Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMinutes(10));

        // the mark is done once the objects are listed
        var objects = new ListedObjects(Objects, async () =>
        {
            await NameAsync(digests);
            Time.Advance(TimeSpan.FromMinutes(20));
        });
        Assert.Equal(0, (await new ContentStore(objects, _index, Time).CollectGarbageAsync(Really)).Deleted);
        await AssertReadableAsync(digests);
    }

    [SkippableFact]
    public async Task Put_whose_lease_ended_on_the_way_fails_and_refers_to_nothing()
    {
        var bytes = Random(60_000_000);
        var isAsleep = false;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => _content.PutAsync(new TestStream(bytes, 65_536, atEveryRead: at =>
        {
            if (at < 30_000_000 || isAsleep)
                return;
            isAsleep = true;
            Time.Advance(TimeSpan.FromHours(9));
        })));
        Assert.Empty(await ListAsync());
        Assert.Equal(bytes, await _content.ReadAllAsync((await _content.PutAsync(bytes)).Digest));
    }

    [SkippableFact]
    public async Task CollectGarbage_packs_mostly_dead_are_packed_anew_and_read_on()
    {
        var large = Random(12_000_000);
        await PutAsync(large);
        var kept = await PutNamedAsync(large[..3_000_000]);
        Release();
        await _content.CollectGarbageAsync(Really);
        Time.Advance(TimeSpan.FromDays(2));
        Assert.True((await _content.CollectGarbageAsync(Really)).RewrittenBytes > 0);
        Time.Advance(TimeSpan.FromDays(2));
        await _content.CollectGarbageAsync(Really);
        await AssertReadableAsync(kept);
        Assert.InRange(await SizeAsync(), 3_000_000, 3_500_000);
    }

    [SkippableFact]
    public async Task CollectGarbage_pack_of_which_only_damaged_entries_are_left_is_not_packed_anew_each_time()
    {
        var large = Random(8_000_000);
        await PutAsync(large);
        var kept = await PutNamedAsync(large[..3_000_000]);
        var info = (await ObjectsAsync()).MaxBy(o => o.SizeBytes)!;
        var pack = await ReadObjectAsync(info.Name);
        pack[0] ^= 1;
        await ReplaceAsync(info.Name, pack);
        await _content.ScrubAsync(long.MaxValue);
        Release();
        await _content.CollectGarbageAsync(Really);
        Time.Advance(TimeSpan.FromDays(2));
        Assert.True((await _content.CollectGarbageAsync(Really)).RewrittenBytes > 0);
        Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(0, (await _content.CollectGarbageAsync(Really)).RewrittenBytes);

        // put again, it is of no use any more
        await PutAsync(large[..3_000_000]);
        Release();
        for (var i = 0; i < 3; i++)
        {
            await _content.CollectGarbageAsync(Really);
            Time.Advance(TimeSpan.FromDays(2));
        }

        await AssertReadableAsync(kept);
        Assert.DoesNotContain(info.Name, (await ObjectsAsync()).Select(o => o.Name));
    }

    [SkippableFact]
    public async Task CollectGarbage_packs_packed_anew_are_no_larger_than_others()
    {
        List<Digest> kept = [];
        for (var i = 0; i < 3; i++)
        {
            await PutAsync(Random(7_400_000, i));
            kept.AddRange(await PutNamedAsync(Random(7_400_000, i)[..3_500_000]));
        }

        Release();
        await _content.CollectGarbageAsync(Really);
        Time.Advance(TimeSpan.FromDays(2));
        Assert.InRange((await _content.CollectGarbageAsync(Really)).RewrittenBytes, 20_000_000, 25_000_000);
        Assert.InRange((await ObjectsAsync()).Max(o => o.SizeBytes), 7_000_000, 8 << 20);
        await AssertReadableAsync(kept);
    }

    [SkippableFact]
    public async Task CollectGarbage_packs_that_could_not_be_packed_anew_wait_for_their_own_grace()
    {
        for (var i = 0; i < 20; i++)
            await PutAsync(Random(1000, i));
        Release();
        foreach (var info in await ObjectsAsync())
        {
            var pack = await ReadObjectAsync(info.Name);
            pack[^20] ^= 1; // in the footer
            await ReplaceAsync(info.Name, pack);
        }

        await _content.CollectGarbageAsync(Really);
        Time.Advance(TimeSpan.FromDays(2));
        await _content.CollectGarbageAsync(Really);
        Assert.Empty(await _content.ListAsync().ToListAsync());
        Assert.Equal(20, await CountObjectsAsync());
        Time.Advance(TimeSpan.FromDays(2));
        await _content.CollectGarbageAsync(Really);
        Assert.Equal(0, await CountObjectsAsync());
    }

    [SkippableFact]
    public async Task CollectGarbage_many_tiny_packs_become_one()
    {
        List<Digest> digests = [];
        for (var i = 0; i < 40; i++)
            digests.AddRange(await PutAsync(Random(1000, i)));
        await NameAsync(digests);
        Release();
        Assert.Equal(40, await CountObjectsAsync());
        Assert.True((await _content.CollectGarbageAsync(Really)).RewrittenBytes > 40_000);
        Time.Advance(TimeSpan.FromDays(2));
        await _content.CollectGarbageAsync(Really);
        Assert.Equal(1, await CountObjectsAsync());
        await AssertReadableAsync(digests);
    }

    [SkippableFact]
    public async Task CollectGarbage_pack_that_no_index_knows_goes_after_its_grace()
    {
        var line = new FaultyStore(_index);
        var bytes = new TestStream(Random(3_000_000), 65_536, atEveryRead: at => line.FailNext(at > 2_000_000 ? 100 : 0));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => new ContentStore(Objects, line, Time).PutAsync(bytes));
        Assert.Equal(1, await CountObjectsAsync());
        await _content.CollectGarbageAsync(Really);
        Assert.Equal(1, await CountObjectsAsync());
        Time.Advance(TimeSpan.FromDays(2));
        Assert.True((await _content.CollectGarbageAsync(Really)).FreedBytes > 3_000_000);
        Assert.Equal(0, await CountObjectsAsync());
    }

    [SkippableFact]
    public async Task CollectGarbage_whole_objects_go_too_after_their_grace()
    {
        await new ContentStore(Objects).PutAsync(Random(1000));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(1, await CountObjectsAsync());
            await _content.CollectGarbageAsync(Really);
            Time.Advance(TimeSpan.FromDays(2));
        }

        Assert.Equal(0, await CountObjectsAsync());
    }

    [SkippableTheory]
    [InlineData(1000, false)]
    [InlineData(1000, true)]
    [InlineData(3_000_000, false)]
    [InlineData(3_000_000, true)]
    public async Task CollectGarbage_whole_object_found_by_a_put_while_the_index_is_away_is_kept(int size, bool inTheInstant)
    {
        var away = new ContentStore(Objects, spoolFolder: Folder);
        var bytes = Random(size);
        await away.PutAsync(bytes);
        await _content.CollectGarbageAsync(Really);
        Time.Advance(TimeSpan.FromDays(2));
        await away.PutAsync(bytes);
        var objects = new SteppedObjects(Objects, step =>
        {
            if (step == "before delete" && inTheInstant)
                away.PutAsync(bytes).GetAwaiter().GetResult();
        });
        await new ContentStore(objects, _index, Time).CollectGarbageAsync(Really);
        await AssertReadableAsync([Digest.Of(bytes)]);
        await NameAsync([Digest.Of(bytes)]);
        Time.Advance(TimeSpan.FromDays(2));
        await _content.CollectGarbageAsync(Really);
        await AssertReadableAsync([Digest.Of(bytes)]);
    }

    [SkippableFact]
    public async Task CollectGarbage_whole_object_damaged_stays_and_is_told()
    {
        var digest = (await new ContentStore(Objects).PutAsync(Random(1000))).Digest;
        await ReplaceAsync(ContentStore.NameOf(digest), []);
        await PutAsync(Random(1000, 2));
        Release();
        for (var i = 0; i < 2; i++)
        {
            await _content.CollectGarbageAsync(Really);
            Time.Advance(TimeSpan.FromDays(2));
        }

        var report = await _content.CollectGarbageAsync(Really);
        Assert.Contains(report.Items, i => i.Why.Contains("damaged", StringComparison.Ordinal) && i.What.Contains(digest.ToString(), StringComparison.Ordinal));
        Assert.Equal(ContentStore.NameOf(digest), Assert.Single(await ObjectsAsync()).Name);
    }

    [SkippableFact]
    public async Task CollectGarbage_what_somebody_else_put_beside_the_contents_is_passed_over()
    {
        foreach (var name in new[] { "packs/readme.txt", "sha256/ab/abc" })
            await Objects.PutIfAbsentAsync(ObjectName.Parse(name), new MemoryStream([1]));
        await PutAsync(Random(1000));
        await _content.CollectGarbageAsync(Really);
        Assert.True((await _content.ScrubAsync(long.MaxValue)).IsSound);
        Assert.Equal(1, (await _content.RebuildIndexAsync()).Packs);
        Assert.Single(await ListAsync());
        Assert.Equal(3, await CountObjectsAsync());
    }

    [SkippableFact]
    public async Task CollectGarbage_list_of_chunks_damaged_deletes_nothing()
    {
        var digests = await PutNamedAsync(Random(3_000_000));
        await DamageListAsync();
        Release();
        await Assert.ThrowsAsync<IntegrityException>(() => _content.CollectGarbageAsync(Really));
        Assert.Equal(1, await CountObjectsAsync());
        await PutAsync(Random(3_000_000));
        await _content.CollectGarbageAsync(Really);
        await AssertReadableAsync(digests);
    }

    [SkippableFact]
    public async Task CollectGarbage_list_of_chunks_damaged_and_stored_again_while_the_index_was_away_is_repaired()
    {
        var digests = await PutNamedAsync(Random(3_000_000));
        await DamageListAsync();
        await new ContentStore(Objects, spoolFolder: Folder).PutAsync(Random(3_000_000));
        await PutAsync(Random(2_000_000, 2));
        Release();
        await _content.CollectGarbageAsync();
        Assert.True((await _content.CollectGarbageAsync(Really)).Condemned > 1);
        for (var i = 0; i < 3; i++)
        {
            Time.Advance(TimeSpan.FromDays(2));
            await _content.CollectGarbageAsync(Really);
        }

        await AssertReadableAsync(digests);
        Assert.Empty(await WholeNamesAsync());
        Assert.Single(await ListAsync());
    }

    [SkippableFact]
    public async Task CollectGarbage_longer_than_its_lease_keeps_others_out_all_the_time()
    {
        await CondemnPacksAsync(4);
        List<Exception?> others = [];
        var objects = new SteppedObjects(Objects, step =>
        {
            if (step != "before delete")
                return;
            Time.Advance(TimeSpan.FromMinutes(20));
            others.Add(Record.ExceptionAsync(() => _content.CollectGarbageAsync(Really)).GetAwaiter().GetResult());
        });
        await new ContentStore(objects, _index, Time).CollectGarbageAsync(Really);
        Assert.Equal(4, others.Count);
        Assert.All(others, e => Assert.Contains($"process {Environment.ProcessId}", Assert.IsType<ConflictException>(e).Message, StringComparison.Ordinal));
        Assert.Equal(0, await CountObjectsAsync());
    }

    [SkippableFact]
    public async Task CollectGarbage_whose_lease_ended_on_the_way_deletes_nothing_more_and_says_so()
    {
        await CondemnPacksAsync(4);
        var objects = new SteppedObjects(Objects, step =>
        {
            if (step == "after delete")
                Time.Advance(TimeSpan.FromMinutes(31));
        });
        await Assert.ThrowsAsync<StorageUnavailableException>(() => new ContentStore(objects, _index, Time).CollectGarbageAsync(Really));
        Assert.Equal(3, await CountObjectsAsync());
        Time.Advance(TimeSpan.FromDays(2));
        await _content.CollectGarbageAsync(Really);
        Time.Advance(TimeSpan.FromDays(2));
        await _content.CollectGarbageAsync(Really);
        Assert.Equal(0, await CountObjectsAsync());
    }

    [SkippableFact]
    public async Task CollectGarbage_cancelled_while_the_store_is_busy_ends_and_keeps_nobody_out()
    {
        await PutAsync(Random(1000));
        Release();
        var line = new FaultyStore(_index) { Gate = new TaskCompletionSource().Task };
        using var cancel = new CancellationTokenSource();
        var collection = new ContentStore(Objects, line, Time).CollectGarbageAsync(Really, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => collection);
        Assert.Equal(1, (await _content.CollectGarbageAsync(Really)).Condemned);
    }

    [SkippableFact]
    public async Task CollectGarbage_negative_grace_or_no_index_is_misuse()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _content.CollectGarbageAsync(new GarbageOptions { Grace = TimeSpan.FromTicks(-1) }));
        await Assert.ThrowsAsync<InvalidOperationException>(() => new ContentStore(Objects).CollectGarbageAsync());
    }

    private async Task<List<Digest>> PutAsync(params byte[][] contents)
    {
        List<Digest> digests = [];
        foreach (var content in contents)
            digests.Add((await _content.PutAsync(content)).Digest);
        return digests;
    }

    private async Task<List<Digest>> PutNamedAsync(params byte[][] contents)
    {
        var digests = await PutAsync(contents);
        await NameAsync(digests);
        return digests;
    }

    private Task<BatchResult> NameAsync(IEnumerable<Digest> digests) => _index.CommitAsync(new Batch
    {
        Actor = "test",
        ClientTime = Time.GetUtcNow(),
        Changes =
        [
            .. digests.Select(d => new RecordChange
            {
                Id = _ids.Next(), Kind = "artifact", Mode = ChangeMode.Create, Action = "logged", Fields = [FieldWrite.Set("content", FieldValue.Digest(d))],
            }),
        ],
    });

    /// <summary>Damages the list of the chunks of the one content that is there.</summary>
    private async Task DamageListAsync()
    {
        var info = Assert.Single(await ObjectsAsync());
        var pack = await ReadObjectAsync(info.Name);
        pack[pack.Length - BitConverter.ToInt32(pack, pack.Length - 12) - 12 - 10] ^= 1;
        await ReplaceAsync(info.Name, pack);
    }

    /// <summary>Makes packs that a collection deletes now.</summary>
    private async Task CondemnPacksAsync(int packs)
    {
        await PutAsync([.. Enumerable.Range(0, packs).Select(i => Random(1000, i))]);
        Release();
        for (var i = 0; i < 2; i++)
        {
            await _content.CollectGarbageAsync(Really);
            Time.Advance(TimeSpan.FromDays(2));
        }
    }

    /// <summary>Leases end by themselves after ten minutes in which nothing is put or read.</summary>
    private void Release() => Time.Advance(TimeSpan.FromMinutes(11));

    private async Task AssertReadableAsync(IEnumerable<Digest> digests)
    {
        foreach (var digest in digests)
            Assert.Equal(digest, Digest.Of(await _content.ReadAllAsync(digest)));
    }

    /// <summary>Does something before the first listing.</summary>
    private sealed class ListedObjects(IObjectStore inner, Func<Task> atFirst) : PassingObjects(inner)
    {
        private Func<Task>? _atFirst = atFirst;

        public override async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await (Interlocked.Exchange(ref _atFirst, null)?.Invoke() ?? Task.CompletedTask);
            await foreach (var info in base.ListAsync(prefix, cancellationToken))
                yield return info;
        }
    }
}

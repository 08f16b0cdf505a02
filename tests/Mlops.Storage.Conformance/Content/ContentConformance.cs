using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Mlops.Storage.Conformance;

/// <summary>What the content store promises where a metadata store keeps its index, whatever the two stores are.</summary>
public abstract partial class ContentConformance : IAsyncLifetime
{
    private IMetadataStore _index = null!;
    private ContentStore _content = null!;

    /// <summary>Begins now, since object stores have clocks of their own.</summary>
    protected FakeTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow());

    /// <summary>Where the objects are, so that a test can count and damage them.</summary>
    protected IObjectStore Objects { get; private set; } = null!;

    protected string Folder { get; } = Directory.CreateTempSubdirectory("mlops-content-").FullName;

    public virtual async Task InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "objects"));
        Objects = await CreateObjectsAsync(Path.Combine(Folder, "objects"));
        _index = await OpenIndexAsync();
        _content = new ContentStore(Objects, _index, Time);
    }

    public virtual async Task DisposeAsync()
    {
        if (_index is not null) // null where the test was skipped
            await _index.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>An empty metadata store on <see cref="Time"/>.</summary>
    protected abstract Task<IMetadataStore> OpenIndexAsync();

    /// <summary>An empty object store on <see cref="Time"/>.</summary>
    protected virtual Task<IObjectStore> CreateObjectsAsync(string folder) => Task.FromResult<IObjectStore>(new FolderObjectStore(folder, Time));

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1024 * 1024)]
    [InlineData((1024 * 1024) + 1)]
    [InlineData(5_000_000)]
    [InlineData(40_000_000)]
    public async Task Put_any_way_stores_once_and_reads_back(int size)
    {
        var bytes = Random(size);
        var path = Path.Combine(Folder, "source");
        await File.WriteAllBytesAsync(path, bytes);
        var expected = new ContentInfo(Digest.Of(bytes), size);

        Assert.Equal(expected, await _content.PutAsync(bytes));
        var objects = await CountObjectsAsync();
        Assert.Equal(expected, await _content.PutAsync(new MemoryStream(bytes)));
        Assert.Equal(expected, await _content.PutAsync(new TestStream(bytes, 100_001)));
        Assert.Equal(expected, await _content.PutFileAsync(path));
        Assert.Equal(objects, await CountObjectsAsync());

        Assert.Equal(bytes, await _content.ReadAllAsync(expected.Digest));
        Assert.True(await _content.ExistsAsync(expected.Digest));
        await _content.CopyToFileAsync(expected.Digest, Path.Combine(Folder, "target"));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(Folder, "target")));
        Assert.Equal([expected], await ListAsync());
        await using var stream = await _content.OpenReadAsync(expected.Digest);
        Assert.Equal(size, stream.Length);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        Assert.Equal(bytes, copy.ToArray());
    }

    [SkippableFact]
    public async Task Put_bytes_inserted_in_the_middle_store_little_more()
    {
        var bytes = Random(20_000_000);
        await _content.PutAsync(bytes);
        var before = await SizeAsync();
        byte[] edited = [.. bytes[..10_000_000], .. "one more row\n"u8, .. bytes[10_000_000..]];
        var info = await _content.PutAsync(edited);
        Assert.Equal(edited, await _content.ReadAllAsync(info.Digest));
        Assert.InRange(await SizeAsync() - before, 1, 600_000);
    }

    [SkippableFact]
    public async Task Put_repeated_parts_of_one_content_are_stored_once()
    {
        var part = Random(3_000_000);
        byte[] bytes = [.. part, .. part, .. part, .. part];
        var info = await _content.PutAsync(bytes);
        Assert.Equal(bytes, await _content.ReadAllAsync(info.Digest));
        Assert.InRange(await SizeAsync(), 3_000_000, 5_000_000);
    }

    [SkippableFact]
    public async Task Put_what_compresses_is_compressed_and_what_does_not_is_not()
    {
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 300_000).Select(i => $"{i},{i % 7},LAX,ORD\n")));
        var info = await _content.PutAsync(text);
        Assert.InRange(await SizeAsync(), 1, text.Length / 2);
        Assert.Equal(text, await _content.ReadAllAsync(info.Digest));
        var small = await _content.PutAsync(text.AsMemory(0, 50_000));
        Assert.Equal(text[..50_000], await _content.ReadAllAsync(small.Digest));

        var before = await SizeAsync();
        await _content.PutAsync(Random(4_000_000));
        Assert.InRange(await SizeAsync() - before, 4_000_000, 4_100_000);
    }

    [SkippableFact]
    public async Task Put_thousands_of_small_contents_at_once_become_few_objects()
    {
        var contents = Enumerable.Range(0, 2000).Select(i => Random(500 + i, i)).ToList();
        await Task.WhenAll(contents.Select(c => _content.PutAsync(c)));
        Assert.InRange(await CountObjectsAsync(), 1, 200);
        foreach (var content in contents)
            Assert.Equal(content, await _content.ReadAllAsync(Digest.Of(content)));
    }

    [SkippableFact]
    public async Task Put_same_content_from_two_clients_at_once_is_right_for_both()
    {
        var bytes = Random(6_000_000);
        var other = new ContentStore(Objects, _index, Time);
        var puts = await Task.WhenAll(Task.Run(() => _content.PutAsync(bytes)), Task.Run(() => other.PutAsync(bytes)), Task.Run(() => other.PutAsync(bytes)));
        Assert.Single(puts.Distinct());
        Assert.Equal(bytes, await _content.ReadAllAsync(puts[0].Digest));
        Assert.Equal(bytes, await other.ReadAllAsync(puts[0].Digest));
    }

    [SkippableFact]
    public async Task Put_after_a_long_rest_is_packed_as_before()
    {
        await _content.PutAsync(Random(1000, 1));
        Time.Advance(TimeSpan.FromHours(1));
        await _content.PutAsync(Random(2_000_000, 2));
        Time.Advance(TimeSpan.FromHours(1));
        await _content.PutAsync(Random(1000, 3));
        Assert.All(await ObjectsAsync(), info => Assert.StartsWith("packs/", info.Name.Value, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Put_failing_or_cancelled_on_the_way_leaves_no_content()
    {
        var bytes = Random(30_000_000);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => _content.PutAsync(new TestStream(bytes, 65_536, failAt: 20_000_000)));
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _content.PutAsync(
            new TestStream(bytes, 65_536, atEveryRead: at =>
            {
                if (at > 20_000_000)
                    cancel.Cancel();
            }),
            cancel.Token));
        Assert.Empty(await ListAsync());

        // what was stored of it serves the next attempt
        var info = await _content.PutAsync(bytes);
        Assert.Equal(bytes, await _content.ReadAllAsync(info.Digest));
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Put_many_large_at_once_store_no_more_packs_at_a_time_than_one_does(int puts)
    {
        using var begun = new SemaphoreSlim(0);
        var gate = new TaskCompletionSource();
        var objects = new CountedPuts(new SlowPuts(Objects, begun, gate.Task));
        var store = new ContentStore(objects, _index, Time);
        var storing = Enumerable.Range(0, puts).Select(i => Task.Run(() => store.PutAsync(Random(60_000_000, i)))).ToList();
        for (var i = 0; i < 6; i++)
            await begun.WaitAsync();
        gate.SetResult();
        var stored = await Task.WhenAll(storing);
        Assert.Equal(6, objects.Most);
        await AssertReadableAsync(stored.Select(s => s.Digest));
    }

    [SkippableTheory]
    [InlineData(false, 4)]
    [InlineData(true, 6)]
    public async Task Put_many_large_at_once_cut_a_few_at_a_time(bool isStream, int most)
    {
        using var begun = new SemaphoreSlim(0);
        var gate = new TaskCompletionSource();
        var objects = new CountedPuts(new SlowPuts(Objects, begun, gate.Task));
        var store = new ContentStore(objects, _index, Time);

        // each is one pack, and more packs might be stored at a time
        var storing = Enumerable.Range(0, 12).Select(i => Random(3_000_000, i))
            .Select(b => isStream ? store.PutAsync(new TestStream(b, 65_536)) : store.PutAsync(b)).ToList();
        for (var i = 0; i < 4; i++)
            await begun.WaitAsync();
        gate.SetResult();
        var stored = await Task.WhenAll(storing);
        Assert.InRange(objects.Most, 4, most);
        await AssertReadableAsync(stored.Select(s => s.Digest));
    }

    [SkippableFact]
    public async Task Put_streams_that_pause_do_not_hold_up_what_is_at_hand()
    {
        using var pausing = new SemaphoreSlim(0);
        using var goOn = new ManualResetEventSlim();
        var streams = Enumerable.Range(0, 4).Select(i => Task.Run(() => _content.PutAsync(new TestStream(Random(3_000_000, i), 65_536, atEveryRead: at =>
        {
            if (at < 2_000_000 || goOn.IsSet)
                return;
            pausing.Release();
            goOn.Wait();
        })))).ToList();
        for (var i = 0; i < 4; i++)
            await pausing.WaitAsync();
        await _content.PutAsync(Random(3_000_000, 5));
        Assert.Single(await ListAsync());
        goOn.Set();
        await Task.WhenAll(streams);
    }

    [SkippableFact]
    public async Task Put_more_streams_than_are_cut_at_once_are_all_read_and_cut()
    {
        // whoever writes the eighth may be waited for by who writes the first
        using var reading = new CountdownEvent(8);
        var contents = Enumerable.Range(0, 8).Select(i => Random(3_000_000, i)).ToList();
        var streams = contents.ConvertAll(bytes => Task.Run(() =>
        {
            var isTold = false;
            return _content.PutAsync(new TestStream(bytes, 65_536, atEveryRead: at =>
            {
                if (at < 2_000_000 || isTold)
                    return;
                isTold = true;
                reading.Signal();
                reading.Wait();
            }));
        }));
        await Task.WhenAll(streams);
        await AssertReadableAsync(contents.Select(c => Digest.Of(c)));
        Assert.DoesNotContain(await ObjectsAsync(), o => o.Name.Value.StartsWith("sha256/", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Put_small_cancelled_while_it_waits_for_others_ends_at_once()
    {
        using var begun = new SemaphoreSlim(0);
        var gate = new TaskCompletionSource();
        var store = new ContentStore(new SlowPuts(Objects, begun, gate.Task), _index, Time);
        List<Task<ContentInfo>> others = [];
        for (var i = 0; i < 2; i++)
        {
            others.Add(store.PutAsync(Random(1000, i)));
            await begun.WaitAsync();
        }

        using var cancel = new CancellationTokenSource();
        var waiting = store.PutAsync(Random(1000, 2), cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        gate.SetResult();
        await Task.WhenAll(others);
        Assert.Equal(2, (await ListAsync()).Count);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Put_small_cancelled_while_others_are_stored_with_it_ends_at_once(bool isBeforeItsBytesAreRead)
    {
        using var begun = new SemaphoreSlim(0);
        var gate = new TaskCompletionSource();
        var line = new FaultyStore(_index);
        var objects = new SlowPuts(Objects, begun, () => gate.Task);
        var store = new ContentStore(objects, line, Time);
        List<Task<ContentInfo>> others = [];
        for (var i = 0; i < 2; i++)
        {
            others.Add(store.PutAsync(Random(1000, i)));
            await begun.WaitAsync();
        }

        // these wait for the two, and are stored together then
        using var cancel = new CancellationTokenSource();
        var bytes = Random(1000, 2);
        var cancelled = store.PutAsync(bytes, cancel.Token);
        others.Add(store.PutAsync(Random(1000, 3)));
        var stuck = new TaskCompletionSource();
        var open = Interlocked.Exchange(ref gate, stuck);
        if (isBeforeItsBytesAreRead)
            line.FindGate = stuck.Task;
        open.SetResult();
        await Task.WhenAll(others[..2]);
        if (!isBeforeItsBytesAreRead)
            await begun.WaitAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.False(others[2].IsCompleted);

        // which are the caller's again
        Array.Clear(bytes);
        stuck.SetResult();
        await AssertReadableAsync((await Task.WhenAll(others)).Select(o => o.Digest));
        Assert.Equal(isBeforeItsBytesAreRead ? 3 : 4, (await ListAsync()).Count);
        Assert.True((await _content.ScrubAsync(long.MaxValue)).IsSound);
    }

    [SkippableFact]
    public async Task Put_small_cancelled_by_all_who_are_stored_together_ends()
    {
        using var begun = new SemaphoreSlim(0);
        var store = new ContentStore(new SlowPuts(Objects, begun, new TaskCompletionSource().Task), _index, Time);
        using var cancel = new CancellationTokenSource();
        var put = store.PutAsync(Random(1000), cancel.Token);
        await begun.WaitAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put);
        Assert.Empty(await ListAsync());
        await AssertReadableAsync(await PutAsync(Random(1000)));
    }

    [SkippableFact]
    public async Task Put_stream_that_pauses_for_longer_than_a_lease_is_stored()
    {
        var bytes = Random(30_000_000);
        var time = new WatchedTime(Time);
        var hasPaused = false;
        var info = await new ContentStore(Objects, _index, time).PutAsync(new TestStream(bytes, 65_536, atEveryRead: at =>
        {
            if (at < 20_000_000 || hasPaused)
                return;
            hasPaused = true;
            for (var i = 0; i < 5; i++)
            {
                // the put waits again once it has another timer
                var isWaiting = time.NextTimer;
                Time.Advance(TimeSpan.FromMinutes(4));
                isWaiting.GetAwaiter().GetResult();
            }
        }));
        Assert.True(hasPaused);
        Assert.Equal(bytes, await _content.ReadAllAsync(info.Digest));
    }

    [SkippableFact]
    public async Task PutFile_written_to_meanwhile_throws_conflict_naming_it()
    {
        var path = Path.Combine(Folder, "source");
        foreach (var size in new[] { 1000, 5_000_000 })
        {
            var bytes = Random(size);
            await File.WriteAllBytesAsync(path, bytes);
            var store = new ContentStore(new InterceptedObjects(Objects, () => { bytes[^1] ^= 1; File.WriteAllBytes(path, bytes); }), _index, Time);
            var error = await Assert.ThrowsAsync<ConflictException>(() => store.PutFileAsync(path));
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task PutFile_progress_ends_at_the_size()
    {
        var path = Path.Combine(Folder, "source");
        await File.WriteAllBytesAsync(path, Random(9_000_000));
        List<long> seen = [];
        await _content.PutFileAsync(path, new Reports(seen));
        Assert.Equal(9_000_000, seen[^1]);
        Assert.Equal(seen.Order(), seen);
        Assert.True(seen.Count > 3);
    }

    [SkippableTheory]
    [InlineData(50_000, 0.0)]
    [InlineData(50_000, 0.999)]
    [InlineData(3_000_000, 0.0)]
    [InlineData(3_000_000, 0.4)]
    [InlineData(3_000_000, 0.999)]
    public async Task Read_flipped_bit_is_an_error_that_names_the_object_and_a_put_repairs_it(int size, double where)
    {
        var bytes = Random(size);
        var digest = (await _content.PutAsync(bytes)).Digest;
        var info = Assert.Single(await ObjectsAsync());
        var pack = await ReadObjectAsync(info.Name);
        var footer = BitConverter.ToInt32(pack, pack.Length - 12) + 12;
        pack[(int)((pack.Length - footer) * where)] ^= 0x10;
        await ReplaceAsync(info.Name, pack);

        for (var i = 0; i < 2; i++)
        {
            var error = await Assert.ThrowsAsync<IntegrityException>(() => _content.ReadAllAsync(digest));
            Assert.Contains(digest.ToString(), error.Message, StringComparison.Ordinal);
        }

        await _content.PutAsync(bytes);
        Assert.Equal(bytes, await _content.ReadAllAsync(digest));
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1_000_000)]
    [InlineData(2_999_000)]
    public async Task Read_cut_off_object_is_an_error_and_a_put_repairs_it(int length)
    {
        var bytes = Random(3_000_000);
        var digest = (await _content.PutAsync(bytes)).Digest;
        var info = Assert.Single(await ObjectsAsync());
        await ReplaceAsync(info.Name, (await ReadObjectAsync(info.Name))[..length]);
        await Assert.ThrowsAsync<IntegrityException>(() => _content.ReadAllAsync(digest));
        await RepairAsync(bytes);
        Assert.Equal(bytes, await _content.ReadAllAsync(digest));
    }

    [SkippableFact]
    public async Task Read_missing_object_is_an_error_that_names_it_and_a_put_repairs_it()
    {
        var bytes = Random(3_000_000);
        var digest = (await _content.PutAsync(bytes)).Digest;
        var info = Assert.Single(await ObjectsAsync());
        await Objects.DeleteAsync(info.Name);
        var error = await Assert.ThrowsAsync<IntegrityException>(() => _content.ReadAllAsync(digest));
        Assert.Contains(info.Name.ToString(), error.Message, StringComparison.Ordinal);
        await RepairAsync(bytes);
        Assert.Equal(bytes, await _content.ReadAllAsync(digest));
    }

    [SkippableFact]
    public async Task Put_index_away_stores_whole_objects_that_are_read_with_it_and_without()
    {
        var line = new FaultyStore(_index) { IsAway = true };
        var store = new ContentStore(Objects, line, Time);
        var small = Random(1000);
        var large = Random(2_000_000);
        var path = Path.Combine(Folder, "source");
        await File.WriteAllBytesAsync(path, large);
        await store.PutAsync(small);
        await store.PutAsync(new TestStream(large, 65_536));
        await store.PutFileAsync(path);
        line.IsAway = false;
        Assert.Equal(small, await store.ReadAllAsync(Digest.Of(small)));
        Assert.Equal(large, await store.ReadAllAsync(Digest.Of(large)));
        Assert.Equal(large, await new ContentStore(Objects).ReadAllAsync(Digest.Of(large)));
        Assert.Equal(2, await CountObjectsAsync());
    }

    [SkippableFact]
    public async Task Put_index_away_since_the_last_put_stores_whole_objects_too()
    {
        var line = new FaultyStore(_index);
        var store = new ContentStore(Objects, line, Time);
        await store.PutAsync(Random(10, 1));
        line.IsAway = true;
        var small = Random(1000, 2);
        var path = Path.Combine(Folder, "source");
        await File.WriteAllBytesAsync(path, Random(2_000_000, 3));
        await store.PutAsync(small);
        var large = await store.PutFileAsync(path);
        line.IsAway = false;
        Assert.Equal(small, await store.ReadAllAsync(Digest.Of(small)));
        Assert.Equal(2_000_000, (await store.ReadAllAsync(large.Digest)).Length);
    }

    [SkippableFact]
    public async Task Put_cancelled_while_another_goes_on_does_not_end_that_one()
    {
        var bytes = Random(30_000_000, 1);
        var isCancelled = false;
        var info = await _content.PutAsync(new TestStream(bytes, 65_536, atEveryRead: at =>
        {
            if (at < 20_000_000 || isCancelled)
                return;
            isCancelled = true;
            using var cancel = new CancellationTokenSource();
            var other = new TestStream(Random(30_000_000, 2), 65_536, atEveryRead: there =>
            {
                if (there > 20_000_000)
                    cancel.Cancel();
            });
            Assert.ThrowsAnyAsync<OperationCanceledException>(() => _content.PutAsync(other, cancel.Token)).GetAwaiter().GetResult();
        }));
        Assert.Equal(bytes, await _content.ReadAllAsync(info.Digest));
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Put_beside_one_that_nobody_knows_the_end_of_does_not_fail_with_it(bool isCommitted)
    {
        var line = new FaultyStore(_index);
        var store = new ContentStore(Objects, line, Time);
        var bytes = Random(4_000_000, 1);
        var hasFailed = false;

        // less than a pack, so that this put commits nothing before its end
        var info = await store.PutAsync(new TestStream(bytes, 65_536, atEveryRead: at =>
        {
            if (at < 2_000_000 || hasFailed)
                return;
            hasFailed = true;
            if (isCommitted)
                line.LoseNext(1);
            else
                line.FailNext(1);
            store.PutAsync(Random(1000, 2)).GetAwaiter().GetResult();
        }));
        Assert.Equal(bytes, await store.ReadAllAsync(info.Digest));
        Assert.Equal(Random(1000, 2), await store.ReadAllAsync((await store.PutAsync(Random(1000, 2))).Digest));
        Assert.Equal([ContentStore.NameOf(Digest.Of(Random(1000, 2)))], await WholeNamesAsync());
    }

    [SkippableFact]
    public async Task Read_cancelled_goes_on_where_it_was()
    {
        var bytes = Random(20_000_000);
        var digest = (await _content.PutAsync(bytes)).Digest;
        var gate = new TaskCompletionSource();
        await using var stream = await new ContentStore(new GatedObjects(Objects, gate.Task), _index, Time).OpenReadAsync(digest);
        var start = new byte[1000];
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await stream.ReadExactlyAsync(start, new CancellationToken(canceled: true)));
        gate.SetResult();
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        Assert.Equal(bytes, copy.ToArray());
    }

    [SkippableFact]
    public async Task Read_index_away_for_a_moment_goes_on_where_it_was()
    {
        // of more chunks than are looked up together
        await _index.CommitAsync(new Batch
        {
            Actor = "test",
            ClientTime = Time.GetUtcNow(),
            Cells = [new CellWrite { Key = "content-profile", Value = Encoding.UTF8.GetBytes("fastcdc-nc1 1024 16384 16384") }],
        });
        var bytes = Random(20_000_000);
        var digest = (await _content.PutAsync(bytes)).Digest;
        Assert.InRange((await _index.ListCellsAsync("chunk/")).Count, 1001, 10_000);
        var line = new FaultyStore(_index);
        await using var stream = await new ContentStore(Objects, line, Time).OpenReadAsync(digest);
        using var copy = new MemoryStream();
        var (buffer, failures) = (new byte[100_000], 0);
        while (true)
        {
            line.IsAway = copy.Length > 0 && failures == 0;
            try
            {
                var read = await stream.ReadAsync(buffer);
                if (read == 0)
                    break;
                copy.Write(buffer, 0, read);
            }
            catch (StorageUnavailableException)
            {
                failures++;
            }
        }

        Assert.True(failures > 0);
        Assert.Equal(bytes, copy.ToArray());
    }

    [SkippableFact]
    public async Task Read_many_at_once_have_ahead_together_what_a_few_have_alone()
    {
        // cut small, and repeated, so that there are many runs of chunks
        await _index.CommitAsync(new Batch
        {
            Actor = "test",
            ClientTime = Time.GetUtcNow(),
            Cells = [new CellWrite { Key = "content-profile", Value = Encoding.UTF8.GetBytes("fastcdc-nc1 1024 16384 16384") }],
        });
        var part = Random(100_000);
        var bytes = Enumerable.Repeat(part, 20).SelectMany(p => p).ToArray();
        var digest = (await _content.PutAsync(bytes)).Digest;
        var objects = new CountedReads(Objects);
        var store = new ContentStore(objects, _index, Time);

        // each has read four runs, and would have three ahead alone
        Assert.Equal(7, await ReadAsync(1));
        Assert.InRange(await ReadAsync(12), 12 * (4 + 1), (12 * (4 + 1)) + 12);
        Assert.Equal(7, await ReadAsync(1));

        async Task<int> ReadAsync(int readers)
        {
            var streams = new List<Stream>();
            for (var i = 0; i < readers; i++)
                streams.Add(await store.OpenReadAsync(digest));
            var before = objects.Reads;
            foreach (var stream in streams)
            {
                for (var run = 0; run < 4; run++)
                    Assert.InRange(await stream.ReadAsync(new byte[1_000_000]), 1, 200_000);
            }

            // which waits for those that have begun
            foreach (var stream in streams)
                await stream.DisposeAsync();
            return objects.Reads - before;
        }
    }

    [SkippableFact]
    public async Task Read_objects_back_after_they_were_out_of_reach_is_as_before()
    {
        var bytes = Random(3_000_000);
        var digest = (await _content.PutAsync(bytes)).Digest;
        var info = Assert.Single(await ObjectsAsync());
        var pack = await ReadObjectAsync(info.Name);
        await Objects.DeleteAsync(info.Name);
        await Assert.ThrowsAsync<IntegrityException>(() => _content.ReadAllAsync(digest));
        Assert.False((await _content.ScrubAsync(long.MaxValue)).IsSound);
        await Objects.PutIfAbsentAsync(info.Name, new MemoryStream(pack));

        Assert.Equal(bytes, await _content.ReadAllAsync(digest));
        Assert.True((await _content.ScrubAsync(long.MaxValue)).IsSound);
        await _content.PutAsync(bytes);
        Assert.Single(await ObjectsAsync());
    }

    [SkippableFact]
    public async Task Read_cell_that_is_no_place_is_an_error_that_names_it()
    {
        var digest = (await _content.PutAsync(Random(1000))).Digest;
        var key = $"content/{digest}";
        var sound = (await _index.FindCellAsync(key))!.Value.ToArray();
        byte[] far = [.. sound[..36], 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, .. sound[37..]];
        byte[] chunk = [sound[0], 1, .. sound[2..]];
        foreach (var damaged in new[] { [], sound[..20], sound[..^2], [9, .. sound[1..]], far, chunk })
        {
            await _index.CommitAsync(new Batch { Actor = "test", ClientTime = Time.GetUtcNow(), Cells = [new CellWrite { Key = key, Value = damaged }] });
            var error = await Assert.ThrowsAsync<IntegrityException>(() => _content.ReadAllAsync(digest));
            Assert.Contains(key, error.Message, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task Read_what_arrives_wrong_only_once_is_right_and_not_held_against_it()
    {
        var large = (await _content.PutAsync(Random(3_000_000))).Digest;
        var small = (await new ContentStore(Objects).PutAsync(Random(1000))).Digest;
        Assert.Equal(Random(3_000_000), await new ContentStore(new OnceWrongObjects(Objects), _index, Time).ReadAllAsync(large));
        await new ContentStore(new SteppedObjects(new OnceWrongObjects(Objects), step => Assert.NotEqual("before delete", step))).PutAsync(Random(1000));
        await AssertReadableAsync([large, small]);
    }

    [SkippableFact]
    public async Task Read_absent_throws_not_found_naming_it()
    {
        var digest = Digest.Of("absent"u8);
        var error = await Assert.ThrowsAsync<NotFoundException>(() => _content.OpenReadAsync(digest));
        Assert.Contains(digest.ToString(), error.Message, StringComparison.Ordinal);
        Assert.False(await _content.ExistsAsync(digest));
        await Assert.ThrowsAsync<ArgumentException>(() => _content.OpenReadAsync(default));
    }

    /// <summary>A read finds one damaged chunk at a time; a scrub finds all of a pack.</summary>
    private async Task RepairAsync(byte[] bytes)
    {
        await _content.ScrubAsync(long.MaxValue);
        await _content.PutAsync(bytes);
    }

    private static byte[] Random(int size, int seed = 1)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private async Task<List<ObjectInfo>> ObjectsAsync()
    {
        List<ObjectInfo> objects = [];
        await foreach (var info in Objects.ListAsync(""))
            objects.Add(info);
        return objects;
    }

    private async Task<List<ObjectName>> WholeNamesAsync() =>
        [.. (await ObjectsAsync()).Select(o => o.Name).Where(n => n.Value.StartsWith("sha256/", StringComparison.Ordinal))];

    private async Task<int> CountObjectsAsync() => (await ObjectsAsync()).Count;

    private async Task<long> SizeAsync() => (await ObjectsAsync()).Sum(o => o.SizeBytes);

    private async Task<List<ContentInfo>> ListAsync()
    {
        List<ContentInfo> contents = [];
        await foreach (var info in _content.ListAsync())
            contents.Add(info);
        return contents;
    }

    private async Task<byte[]> ReadObjectAsync(ObjectName name)
    {
        await using var stream = await Objects.OpenReadAsync(name);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    private async Task ReplaceAsync(ObjectName name, byte[] bytes)
    {
        await Objects.DeleteAsync(name);
        await Objects.PutIfAbsentAsync(name, new MemoryStream(bytes));
    }

    private sealed class Reports(List<long> seen) : IProgress<long>
    {
        public void Report(long value) => seen.Add(value);
    }

    /// <summary>Puts tell that they have begun, and go on once the gate is open.</summary>
    private sealed class SlowPuts(IObjectStore inner, SemaphoreSlim begun, Func<Task> gate) : PassingObjects(inner)
    {
        public SlowPuts(IObjectStore inner, SemaphoreSlim begun, Task gate)
            : this(inner, begun, () => gate)
        {
        }

        public override async Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default)
        {
            var opened = gate();
            begun.Release();
            await opened.WaitAsync(cancellationToken);
            return await base.PutIfAbsentAsync(name, content, cancellationToken);
        }
    }

    /// <summary>Counts how many puts are under way at most.</summary>
    private sealed class CountedPuts(IObjectStore inner) : PassingObjects(inner)
    {
        private readonly Lock _lock = new();
        private int _now;

        public int Most { get; private set; }

        public override async Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default)
        {
            lock (_lock)
                Most = Math.Max(Most, ++_now);
            try
            {
                return await base.PutIfAbsentAsync(name, content, cancellationToken);
            }
            finally
            {
                lock (_lock)
                    _now--;
            }
        }
    }

    /// <summary>Counts reads.</summary>
    private sealed class CountedReads(IObjectStore inner) : PassingObjects(inner)
    {
        private int _reads;

        public int Reads => Volatile.Read(ref _reads);

        public override Task<Stream> OpenReadAsync(ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _reads);
            return base.OpenReadAsync(name, offset, length, cancellationToken);
        }
    }

    /// <summary>A clock that tells who waits by it.</summary>
    private sealed class WatchedTime(TimeProvider inner) : TimeProvider
    {
        private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _waiting;

        /// <summary>Whether somebody waits by it now.</summary>
        public bool IsWaitedBy => Volatile.Read(ref _waiting) > 0;

        public Task NextTimer => Volatile.Read(ref _next).Task;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new WatchedTimer(this);
            Interlocked.Increment(ref _waiting);
            timer.Inner = inner.CreateTimer(
                of =>
                {
                    timer.End();
                    callback(of);
                },
                state,
                dueTime,
                period);
            Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            return timer;
        }

        private sealed class WatchedTimer(WatchedTime time) : ITimer
        {
            private int _isOver;

            public ITimer Inner { get; set; } = null!;

            public void End()
            {
                if (Interlocked.Exchange(ref _isOver, 1) == 0)
                    Interlocked.Decrement(ref time._waiting);
            }

            public bool Change(TimeSpan dueTime, TimeSpan period) => Inner.Change(dueTime, period);

            public void Dispose()
            {
                End();
                Inner.Dispose();
            }

            public ValueTask DisposeAsync()
            {
                End();
                return Inner.DisposeAsync();
            }
        }
    }

    /// <summary>The first read, which is that of the list of chunks, goes through at once, the others once the gate is open.</summary>
    private sealed class GatedObjects(IObjectStore inner, Task gate) : PassingObjects(inner)
    {
        private int _reads;

        public override async Task<Stream> OpenReadAsync(ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
        {
            if (Interlocked.Increment(ref _reads) > 1)
                await gate.WaitAsync(cancellationToken);
            return await base.OpenReadAsync(name, offset, length, cancellationToken);
        }
    }

    /// <summary>Reads arrive with a byte wrong, where the number of the read says so.</summary>
    private sealed class WrongObjects(IObjectStore inner, Func<int, Index?> where) : PassingObjects(inner)
    {
        private int _reads;

        public override async Task<Stream> OpenReadAsync(ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
        {
            await using var stream = await base.OpenReadAsync(name, offset, length, cancellationToken);
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy, cancellationToken);
            var bytes = copy.ToArray();
            if (where(Interlocked.Increment(ref _reads)) is { } at)
                bytes[at] ^= 1;
            return new MemoryStream(bytes);
        }
    }

    /// <summary>The first read of each object arrives with a wrong byte.</summary>
    private sealed class OnceWrongObjects(IObjectStore inner) : PassingObjects(inner)
    {
        private readonly ConcurrentDictionary<ObjectName, bool> _read = new();

        public override async Task<Stream> OpenReadAsync(ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
        {
            await using var stream = await base.OpenReadAsync(name, offset, length, cancellationToken);
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy, cancellationToken);
            var bytes = copy.ToArray();
            if (_read.TryAdd(name, true))
                bytes[^20] ^= 1;
            return new MemoryStream(bytes);
        }
    }
}

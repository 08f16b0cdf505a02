using System.Text;
using Xunit;

namespace Mlops.Storage.Conformance;

/// <summary>Every sentence of <see cref="IObjectStore"/>. A new backend subclasses it and gives an empty store.</summary>
public abstract class ObjectStoreConformance
{
    private static readonly ObjectName Name = ObjectName.Parse("sha256/ab/some-object");

    /// <summary>More than any store sends in one part.</summary>
    private const int LargeBytes = (20 << 20) + 7;

    /// <summary>A new, empty store. Where its pages can be made small, a page of a listing holds at most 10 names.</summary>
    protected abstract Task<IObjectStore> CreateAsync();

    [SkippableFact]
    public async Task PutIfAbsent_newName_createsTheObject()
    {
        var store = await CreateAsync();
        Assert.Equal(PutOutcome.Created, await PutAsync(store, Name, "hello"));
        Assert.Equal("hello", await ReadAsync(store, Name));
    }

    [SkippableFact]
    public async Task PutIfAbsent_takenName_leavesTheObjectAsItIs()
    {
        var store = await CreateAsync();
        await PutAsync(store, Name, "first");
        Assert.Equal(PutOutcome.AlreadyThere, await PutAsync(store, Name, "second"));
        Assert.Equal("first", await ReadAsync(store, Name));
    }

    [SkippableFact]
    public async Task PutIfAbsent_manyRacingWriters_exactlyOneCreates()
    {
        var store = await CreateAsync();
        for (var round = 0; round < 10; round++)
        {
            var name = ObjectName.Parse($"race/{round}");
            using var start = new Barrier(8);
            var puts = Enumerable.Range(0, 8).Select(writer => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return PutAsync(store, name, $"writer {writer}");
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap());
            var outcomes = await Task.WhenAll(puts);
            var winner = Assert.Single(Enumerable.Range(0, 8), writer => outcomes[writer] == PutOutcome.Created);
            Assert.Equal($"writer {winner}", await ReadAsync(store, name));
        }

        Assert.Equal(10, (await ListAsync(store, "")).Count);
    }

    [SkippableFact]
    public async Task PutIfAbsent_streamNotAtItsStart_storesFromItsPosition()
    {
        var store = await CreateAsync();
        using var content = new MemoryStream("skipped,kept"u8.ToArray()) { Position = 8 };
        await store.PutIfAbsentAsync(Name, content);
        Assert.Equal("kept", await ReadAsync(store, Name));
    }

    [SkippableFact]
    public async Task PutIfAbsent_emptyContent_isAnObjectOfZeroBytes()
    {
        var store = await CreateAsync();
        Assert.Equal(PutOutcome.Created, await PutAsync(store, Name, ""));
        Assert.Equal(0, (await store.FindAsync(Name))!.SizeBytes);
        Assert.Equal("", await ReadAsync(store, Name));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PutIfAbsent_largeContent_keepsEveryByteInItsPlace(bool isSeekable)
    {
        const int skipped = 5;
        var store = await CreateAsync();
        var bytes = Large(seed: 1);
        using Stream content = isSeekable ? new MemoryStream(bytes, writable: false) : new TestStream(bytes, pieceBytes: 77_777);
        Assert.Equal(skipped, await content.ReadAtLeastAsync(new byte[skipped], skipped));
        Assert.Equal(PutOutcome.Created, await store.PutIfAbsentAsync(Name, content));
        var kept = bytes.AsMemory(skipped);
        Assert.Equal(kept.Length, (await store.FindAsync(Name))!.SizeBytes);
        AssertSame(kept, await ReadBytesAsync(store, Name));
        foreach (var boundary in new[] { 4 << 20, 5 << 20, 8 << 20, 16 << 20 })
        {
            AssertSame(kept.Slice(boundary - 3, 7), await ReadBytesAsync(store, Name, boundary - 3, 7));
            AssertSame(kept[boundary..], await ReadBytesAsync(store, Name, boundary));
        }

        AssertSame(kept[^1..], await ReadBytesAsync(store, Name, kept.Length - 1, 100));
    }

    [SkippableFact]
    public async Task PutIfAbsent_largeContentToATakenName_leavesTheObjectAsItIs()
    {
        var store = await CreateAsync();
        await PutAsync(store, Name, "first");
        Assert.Equal(PutOutcome.AlreadyThere, await store.PutIfAbsentAsync(Name, new TestStream(Large(seed: 2), pieceBytes: 1 << 20)));
        Assert.Equal(PutOutcome.AlreadyThere, await store.PutIfAbsentAsync(Name, new MemoryStream(Large(seed: 2))));
        Assert.Equal("first", await ReadAsync(store, Name));
    }

    [SkippableFact]
    public async Task PutIfAbsent_racingWritersOfLargeContent_exactlyOneCreates()
    {
        const int writers = 3;
        var store = await CreateAsync();
        var contents = Enumerable.Range(0, writers).Select(Large).ToArray();
        var outcomes = await Task.WhenAll(contents.Select(bytes =>
            Task.Run(() => store.PutIfAbsentAsync(Name, new MemoryStream(bytes, writable: false)))));
        var winner = Assert.Single(Enumerable.Range(0, writers), writer => outcomes[writer] == PutOutcome.Created);
        AssertSame(contents[winner], await ReadBytesAsync(store, Name));
        Assert.Single(await ListAsync(store, ""));
    }

    [SkippableTheory]
    [InlineData(1 << 20)]
    [InlineData(LargeBytes)]
    public async Task PutIfAbsent_racingWritersOfTheSameContent_exactlyOneCreates(int sizeBytes)
    {
        var store = await CreateAsync();
        var bytes = Large(seed: 3)[..sizeBytes];
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ =>
            Task.Run(() => store.PutIfAbsentAsync(Name, new MemoryStream(bytes, writable: false)))));
        Assert.Single(outcomes, PutOutcome.Created);
        AssertSame(bytes, await ReadBytesAsync(store, Name));
    }

    [SkippableFact]
    public async Task PutIfAbsent_largeStreamFailsNearItsEnd_storesNothing()
    {
        var store = await CreateAsync();
        var bytes = Large(seed: 4);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(
            () => store.PutIfAbsentAsync(Name, new TestStream(bytes, 77_777, failAt: LargeBytes - 1_000_000)));
        await AssertNothingAsync(store);
        Assert.Equal(PutOutcome.Created, await store.PutIfAbsentAsync(Name, new MemoryStream(bytes)));
        AssertSame(bytes, await ReadBytesAsync(store, Name));
    }

    [SkippableFact]
    public async Task PutIfAbsent_largeStreamCancelledNearItsEnd_storesNothing()
    {
        var store = await CreateAsync();
        using var cancel = new CancellationTokenSource();
        var content = new TestStream(Large(seed: 5), 77_777, failAt: null, atEveryRead: at =>
        {
            if (at > LargeBytes - 1_000_000)
                cancel.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.PutIfAbsentAsync(Name, content, cancel.Token));
        await AssertNothingAsync(store);
    }

    [SkippableFact]
    public async Task PutIfAbsent_streamFails_storesNothingAndPassesTheErrorOn()
    {
        var store = await CreateAsync();
        var failing = new TestStream(new byte[1 << 20], 4096, failAt: 600_000);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => store.PutIfAbsentAsync(Name, failing));
        await AssertNothingAsync(store);
        Assert.Equal(PutOutcome.Created, await PutAsync(store, Name, "now"));
    }

    [SkippableFact]
    public async Task PutIfAbsent_cancelledOnTheWay_storesNothing()
    {
        var store = await CreateAsync();
        using var cancel = new CancellationTokenSource();
        var content = new TestStream(new byte[1 << 20], 4096, failAt: null, atEveryRead: at =>
        {
            if (at > 500_000)
                cancel.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.PutIfAbsentAsync(Name, content, cancel.Token));
        await AssertNothingAsync(store);
    }

    [SkippableFact]
    public async Task AnyCall_cancelledBefore_throws()
    {
        var store = await CreateAsync();
        await PutAsync(store, Name, "x");
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.PutIfAbsentAsync(Name, new MemoryStream(), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.FindAsync(Name, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.OpenReadAsync(Name, cancellationToken: cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.DeleteAsync(Name, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in store.ListAsync("", cancelled))
            {
            }
        });
        Assert.Equal("x", await ReadAsync(store, Name));
    }

    [SkippableFact]
    public async Task Find_object_tellsSizeAndTime()
    {
        var store = await CreateAsync();
        await PutAsync(store, Name, "12345");
        var found = await store.FindAsync(Name);
        Assert.Equal((Name, 5L, TimeSpan.Zero), (found!.Name, found.SizeBytes, found.Created.Offset));
        Assert.True(found.Created > DateTimeOffset.UnixEpoch.AddYears(50));
    }

    [SkippableFact]
    public async Task Find_absent_isNull()
    {
        var store = await CreateAsync();
        Assert.Null(await store.FindAsync(Name));
        await PutAsync(store, Name, "x");
        Assert.Null(await store.FindAsync(ObjectName.Parse("sha256/ab")));
        Assert.Null(await store.FindAsync(ObjectName.Parse("sha256/ab/some-object2")));
    }

    [SkippableTheory]
    [InlineData(0, null, "0123456789")]
    [InlineData(3, null, "3456789")]
    [InlineData(3, 4L, "3456")]
    [InlineData(0, 0L, "")]
    [InlineData(8, 100L, "89")]
    [InlineData(10, null, "")]
    [InlineData(10, 5L, "")]
    public async Task OpenRead_range_givesThoseBytes(long offset, long? length, string expected)
    {
        var store = await CreateAsync();
        await PutAsync(store, Name, "0123456789");
        Assert.Equal(expected, await ReadAsync(store, Name, offset, length));
    }

    [SkippableTheory]
    [InlineData(-1)]
    [InlineData(11)]
    public async Task OpenRead_offsetOutside_throwsArgumentOutOfRange(long offset)
    {
        var store = await CreateAsync();
        await PutAsync(store, Name, "0123456789");
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.OpenReadAsync(Name, offset));
    }

    [SkippableFact]
    public async Task OpenRead_absent_throwsNotFoundNamingIt()
    {
        var store = await CreateAsync();
        var error = await Assert.ThrowsAsync<NotFoundException>(() => store.OpenReadAsync(Name));
        Assert.Contains(Name.Value, error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task List_prefixes_givesNamesInOrdinalOrder()
    {
        var store = await CreateAsync();
        string[] names = ["a-b/c", "a/b", "a/b.c", "a.b", "ab", "a0/x", "a/-", "a/.hidden", "b/a/a/a/a/a/a/a", "b0"];
        foreach (var name in names)
            await PutAsync(store, ObjectName.Parse(name), name);
        Array.Sort(names, StringComparer.Ordinal);
        foreach (var prefix in new[] { "", "a", "a/", "a/b", "a/b.c", "b/a/a", "x", "a0/x", "a0/xx", "b/" })
        {
            var listed = await ListAsync(store, prefix);
            Assert.Equal(names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)), listed.Select(o => o.Name.Value));
            Assert.All(listed, o => Assert.Equal(o.Name.Value.Length, o.SizeBytes));
        }
    }

    [SkippableFact]
    public async Task List_moreThanAPage_givesEveryNameOnceInOrder()
    {
        var store = await CreateAsync();
        var names = Enumerable.Range(0, 35).Select(i => $"p{i % 3}/{i:x2}{(i % 4 == 0 ? "/deep" : "")}").ToArray();
        await Task.WhenAll(names.Select(name => PutAsync(store, ObjectName.Parse(name), name)));
        Array.Sort(names, StringComparer.Ordinal);
        foreach (var prefix in new[] { "", "p1/", "p1/1" })
            Assert.Equal(names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)), (await ListAsync(store, prefix)).Select(o => o.Name.Value));
    }

    [SkippableFact]
    public async Task List_emptyStore_isEmpty() => Assert.Empty(await ListAsync(await CreateAsync(), ""));

    [SkippableFact]
    public async Task Delete_object_removesItAndTellsWhetherItWasThere()
    {
        var store = await CreateAsync();
        await PutAsync(store, Name, "x");
        Assert.True(await store.DeleteAsync(Name));
        Assert.False(await store.DeleteAsync(Name));
        await AssertNothingAsync(store);
        Assert.Equal(PutOutcome.Created, await PutAsync(store, Name, "again"));
    }

    [SkippableFact]
    public async Task Location_store_isNotEmpty() => Assert.NotEmpty((await CreateAsync()).Location);

    private static async Task AssertNothingAsync(IObjectStore store)
    {
        Assert.Null(await store.FindAsync(Name));
        Assert.Empty(await ListAsync(store, ""));
    }

    // digests, for the difference of two large arrays is no message
    private static void AssertSame(ReadOnlyMemory<byte> expected, byte[] actual) =>
        Assert.Equal((expected.Length, Digest.Of(expected.Span)), (actual.Length, Digest.Of(actual)));

    private static Task<PutOutcome> PutAsync(IObjectStore store, ObjectName name, string content) =>
        store.PutIfAbsentAsync(name, new MemoryStream(Encoding.UTF8.GetBytes(content)));

    private static async Task<string> ReadAsync(IObjectStore store, ObjectName name, long offset = 0, long? length = null)
    {
        using var reader = new StreamReader(await store.OpenReadAsync(name, offset, length));
        return await reader.ReadToEndAsync();
    }

    private static async Task<byte[]> ReadBytesAsync(IObjectStore store, ObjectName name, long offset = 0, long? length = null)
    {
        await using var stream = await store.OpenReadAsync(name, offset, length);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    private static byte[] Large(int seed)
    {
        var bytes = new byte[LargeBytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task<List<ObjectInfo>> ListAsync(IObjectStore store, string prefix)
    {
        var objects = new List<ObjectInfo>();
        await foreach (var one in store.ListAsync(prefix))
            objects.Add(one);
        return objects;
    }
}

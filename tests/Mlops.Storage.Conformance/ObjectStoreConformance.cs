using System.Text;
using Xunit;

namespace Mlops.Storage.Conformance;

/// <summary>Every sentence of <see cref="IObjectStore"/>. A new backend subclasses it and gives an empty store.</summary>
public abstract class ObjectStoreConformance
{
    private static readonly ObjectName Name = ObjectName.Parse("sha256/ab/some-object");

    /// <summary>A new, empty store.</summary>
    protected abstract Task<IObjectStore> CreateAsync();

    [Fact]
    public async Task PutIfAbsent_newName_createsTheObject()
    {
        var store = await CreateAsync();
        Assert.Equal(PutOutcome.Created, await PutAsync(store, Name, "hello"));
        Assert.Equal("hello", await ReadAsync(store, Name));
    }

    [Fact]
    public async Task PutIfAbsent_takenName_leavesTheObjectAsItIs()
    {
        var store = await CreateAsync();
        await PutAsync(store, Name, "first");
        Assert.Equal(PutOutcome.AlreadyThere, await PutAsync(store, Name, "second"));
        Assert.Equal("first", await ReadAsync(store, Name));
    }

    [Fact]
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

    [Fact]
    public async Task PutIfAbsent_streamNotAtItsStart_storesFromItsPosition()
    {
        var store = await CreateAsync();
        using var content = new MemoryStream("skipped,kept"u8.ToArray()) { Position = 8 };
        await store.PutIfAbsentAsync(Name, content);
        Assert.Equal("kept", await ReadAsync(store, Name));
    }

    [Fact]
    public async Task PutIfAbsent_emptyContent_isAnObjectOfZeroBytes()
    {
        var store = await CreateAsync();
        Assert.Equal(PutOutcome.Created, await PutAsync(store, Name, ""));
        Assert.Equal(0, (await store.FindAsync(Name))!.SizeBytes);
        Assert.Equal("", await ReadAsync(store, Name));
    }

    [Fact]
    public async Task PutIfAbsent_largeContentInOddPieces_keepsEveryByte()
    {
        var store = await CreateAsync();
        var bytes = new byte[(9 << 20) + 7];
        new Random(1).NextBytes(bytes);
        await store.PutIfAbsentAsync(Name, new TestStream(bytes, pieceBytes: 77_777));
        await using var stream = await store.OpenReadAsync(Name);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        Assert.Equal(Digest.Of(bytes), Digest.Of(copy.ToArray()));
    }

    [Fact]
    public async Task PutIfAbsent_streamFails_storesNothingAndPassesTheErrorOn()
    {
        var store = await CreateAsync();
        var failing = new TestStream(new byte[1 << 20], 4096, failAt: 600_000);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => store.PutIfAbsentAsync(Name, failing));
        await AssertNothingAsync(store);
        Assert.Equal(PutOutcome.Created, await PutAsync(store, Name, "now"));
    }

    [Fact]
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

    [Fact]
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

    [Fact]
    public async Task Find_object_tellsSizeAndTime()
    {
        var store = await CreateAsync();
        await PutAsync(store, Name, "12345");
        var found = await store.FindAsync(Name);
        Assert.Equal((Name, 5L, TimeSpan.Zero), (found!.Name, found.SizeBytes, found.Created.Offset));
        Assert.True(found.Created > DateTimeOffset.UnixEpoch.AddYears(50));
    }

    [Fact]
    public async Task Find_absent_isNull()
    {
        var store = await CreateAsync();
        Assert.Null(await store.FindAsync(Name));
        await PutAsync(store, Name, "x");
        Assert.Null(await store.FindAsync(ObjectName.Parse("sha256/ab")));
        Assert.Null(await store.FindAsync(ObjectName.Parse("sha256/ab/some-object2")));
    }

    [Theory]
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

    [Theory]
    [InlineData(-1)]
    [InlineData(11)]
    public async Task OpenRead_offsetOutside_throwsArgumentOutOfRange(long offset)
    {
        var store = await CreateAsync();
        await PutAsync(store, Name, "0123456789");
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.OpenReadAsync(Name, offset));
    }

    [Fact]
    public async Task OpenRead_absent_throwsNotFoundNamingIt()
    {
        var store = await CreateAsync();
        var error = await Assert.ThrowsAsync<NotFoundException>(() => store.OpenReadAsync(Name));
        Assert.Contains(Name.Value, error.Message, StringComparison.Ordinal);
    }

    [Fact]
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

    [Fact]
    public async Task List_emptyStore_isEmpty() => Assert.Empty(await ListAsync(await CreateAsync(), ""));

    [Fact]
    public async Task Delete_object_removesItAndTellsWhetherItWasThere()
    {
        var store = await CreateAsync();
        await PutAsync(store, Name, "x");
        Assert.True(await store.DeleteAsync(Name));
        Assert.False(await store.DeleteAsync(Name));
        await AssertNothingAsync(store);
        Assert.Equal(PutOutcome.Created, await PutAsync(store, Name, "again"));
    }

    [Fact]
    public async Task Location_store_isNotEmpty() => Assert.NotEmpty((await CreateAsync()).Location);

    private static async Task AssertNothingAsync(IObjectStore store)
    {
        Assert.Null(await store.FindAsync(Name));
        Assert.Empty(await ListAsync(store, ""));
    }

    private static Task<PutOutcome> PutAsync(IObjectStore store, ObjectName name, string content) =>
        store.PutIfAbsentAsync(name, new MemoryStream(Encoding.UTF8.GetBytes(content)));

    private static async Task<string> ReadAsync(IObjectStore store, ObjectName name, long offset = 0, long? length = null)
    {
        using var reader = new StreamReader(await store.OpenReadAsync(name, offset, length));
        return await reader.ReadToEndAsync();
    }

    private static async Task<List<ObjectInfo>> ListAsync(IObjectStore store, string prefix)
    {
        var objects = new List<ObjectInfo>();
        await foreach (var one in store.ListAsync(prefix))
            objects.Add(one);
        return objects;
    }
}

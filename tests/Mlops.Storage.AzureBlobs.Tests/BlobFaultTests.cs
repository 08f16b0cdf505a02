using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.AzureBlobs.Tests;

/// <summary>A service and a line that fail at the worst moment: nothing is lost, and nothing is wrong.</summary>
[Collection(SharedServer.Name)]
public sealed class BlobFaultTests(AzuriteServer server)
{
    private static readonly ObjectName Name = ObjectName.Parse("sha256/ab/some-object");

    public enum Moment
    {
        /// <summary>The only request of a small object.</summary>
        Whole,

        /// <summary>A block of a large object.</summary>
        Block,

        /// <summary>The request that completes a large object.</summary>
        Commit,
    }

    public static TheoryData<Moment, string> PassingFaults
    {
        get
        {
            var data = new TheoryData<Moment, string>();
            foreach (var moment in Enum.GetValues<Moment>())
            {
                foreach (var fault in new[] { "409", "412", "429", "500", "503", "lost", "half", "flipped", "swallowed" })
                    data.Add(moment, fault);
            }

            return data;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(PassingFaults))]
    public async Task PutIfAbsent_passingFault_createsTheObject(Moment moment, string fault)
    {
        await using var line = await FaultyLine.OpenAsync(server);
        var bytes = Content(moment);
        line.Proxy.Strike(2, call => Is(call, moment), Fault(fault));
        Assert.Equal(PutOutcome.Created, await line.Store.PutIfAbsentAsync(Name, new MemoryStream(bytes)));
        Assert.Equal(2, line.Proxy.Struck);
        Assert.Equal(bytes, await ReadAsync(line.Direct));
    }

    [SkippableTheory]
    [InlineData(Moment.Whole)]
    [InlineData(Moment.Commit)]
    public async Task PutIfAbsent_everyAnswerLost_findsThatItIsThere(Moment moment)
    {
        await using var line = await FaultyLine.OpenAsync(server);
        var bytes = Content(moment);
        line.Proxy.Strike(int.MaxValue, call => Is(call, moment), HttpFault.SwallowAnswer);
        Assert.Equal(PutOutcome.Created, await line.Store.PutIfAbsentAsync(Name, new MemoryStream(bytes)));
        Assert.Equal(bytes, await ReadAsync(line.Direct));
        Assert.Equal(PutOutcome.AlreadyThere, await line.Store.PutIfAbsentAsync(Name, new MemoryStream(bytes)));
    }

    [SkippableTheory]
    [InlineData(Moment.Whole)]
    [InlineData(Moment.Commit)]
    public async Task PutIfAbsent_anotherIsFasterAndTheAnswerLost_isAlreadyThere(Moment moment)
    {
        await using var line = await FaultyLine.OpenAsync(server);
        line.Proxy.Strike(1, call => Is(call, moment), HttpFault.After(async () =>
        {
            Assert.Equal(PutOutcome.Created, await line.Direct.PutIfAbsentAsync(Name, new MemoryStream([1, 2, 3])));
        }));
        Assert.Equal(PutOutcome.AlreadyThere, await line.Store.PutIfAbsentAsync(Name, new MemoryStream(Content(moment))));
        Assert.Equal([1, 2, 3], await ReadAsync(line.Direct));
    }

    [SkippableTheory]
    [InlineData(Moment.Whole, "flipped")]
    [InlineData(Moment.Whole, "503")]
    [InlineData(Moment.Whole, "lost")]
    [InlineData(Moment.Block, "500")]
    [InlineData(Moment.Block, "flipped")]
    [InlineData(Moment.Commit, "409")]
    [InlineData(Moment.Commit, "429")]
    public async Task PutIfAbsent_faultThatStays_saysSoAndStoresNothing(Moment moment, string fault)
    {
        await using var line = await FaultyLine.OpenAsync(server);
        line.Proxy.Strike(int.MaxValue, call => Is(call, moment), Fault(fault));
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => line.Store.PutIfAbsentAsync(Name, new MemoryStream(Content(moment))));
        Assert.False(error.NeedsRepair);
        Assert.Contains(Name.Value, error.Message, StringComparison.Ordinal);
        Assert.InRange(line.Proxy.Struck, 2, 40);
        Assert.Null(await line.Direct.FindAsync(Name));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PutIfAbsent_afterAnInterruptedOne_sendsOnlyTheBlocksThatAreMissing(bool isSeekable)
    {
        await using var line = await FaultyLine.OpenAsync(server);
        var bytes = Content(Moment.Block);
        var client = AzuriteServer.Client(server.Port, line.Container).GetBlockBlobClient(Name.Value);
        var interrupted = new TestStream(bytes, pieceBytes: 1 << 20, failAt: 33 << 20, atEveryRead: at =>
        {
            while (at >= 32 << 20 && client.GetBlockList(BlockListTypes.Uncommitted).Value.UncommittedBlocks.Count() < 4)
                Thread.Yield();
        });
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => line.Store.PutIfAbsentAsync(Name, interrupted));

        var before = line.Proxy.Calls.Count(call => Is(call, Moment.Block));
        using Stream content = isSeekable ? new MemoryStream(bytes) : new TestStream(bytes, pieceBytes: 1_000_000);
        Assert.Equal(PutOutcome.Created, await line.Store.PutIfAbsentAsync(Name, content));
        Assert.Equal(2, line.Proxy.Calls.Count(call => Is(call, Moment.Block)) - before);
        Assert.Equal(bytes, await ReadAsync(line.Direct));
    }

    [SkippableFact]
    public async Task PutIfAbsent_blocksOfAnotherContentLeftUnderTheName_areNotInTheWay()
    {
        await using var line = await FaultyLine.OpenAsync(server);
        var failing = new TestStream(Content(Moment.Block), pieceBytes: 1 << 20, failAt: 39 << 20);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => line.Store.PutIfAbsentAsync(Name, failing));
        Assert.Equal(PutOutcome.Created, await line.Store.PutIfAbsentAsync(Name, new MemoryStream([1, 2, 3])));
        Assert.Equal([1, 2, 3], await ReadAsync(line.Direct));
    }

    [SkippableFact]
    public async Task PutIfAbsent_blocksTakenAwayBeforeTheCommit_areSentAgain()
    {
        await using var line = await FaultyLine.OpenAsync(server);
        var bytes = Content(Moment.Commit);
        line.Proxy.Strike(1, call => Is(call, Moment.Commit), HttpFault.After(async () =>
        {
            // completing the other one removes the blocks of ours, and deleting it leaves the name free
            await line.Direct.PutIfAbsentAsync(Name, new MemoryStream([1]));
            await line.Direct.DeleteAsync(Name);
        }));
        Assert.Equal(PutOutcome.Created, await line.Store.PutIfAbsentAsync(Name, new MemoryStream(bytes)));
        Assert.Equal(bytes, await ReadAsync(line.Direct));
    }

    [SkippableFact]
    public async Task OpenRead_bodyCutInHalf_goesOnWhereItWas()
    {
        await using var line = await FaultyLine.OpenAsync(server);
        var bytes = Content(Moment.Commit);
        await line.Direct.PutIfAbsentAsync(Name, new MemoryStream(bytes));
        line.Proxy.Strike(2, call => call.Method == "GET", HttpFault.HalfAnswer);
        Assert.Equal(bytes[100..], await ReadAsync(line.Store, offset: 100));
        Assert.Equal((2, 3), (line.Proxy.Struck, line.Proxy.Calls.Count));
    }

    [SkippableFact]
    public async Task OpenRead_everyBodyCut_failsClearly()
    {
        await using var line = await FaultyLine.OpenAsync(server);
        await line.Direct.PutIfAbsentAsync(Name, new MemoryStream(Content(Moment.Commit)));
        line.Proxy.Strike(int.MaxValue, call => call.Method == "GET", HttpFault.HalfAnswer);
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => ReadAsync(line.Store));
        Assert.Contains(Name.Value, error.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("429")]
    [InlineData("500")]
    [InlineData("lost")]
    public async Task EveryRead_passingFault_isRetried(string fault)
    {
        await using var line = await FaultyLine.OpenAsync(server);
        await line.Direct.PutIfAbsentAsync(Name, new MemoryStream([1, 2, 3]));
        line.Proxy.Strike(2, call => call.Method == "HEAD", Fault(fault));
        Assert.Equal(3, (await line.Store.FindAsync(Name))!.SizeBytes);
        line.Proxy.Strike(2, _ => true, Fault(fault));
        Assert.Equal([1, 2, 3], await ReadAsync(line.Store));
        line.Proxy.Strike(2, _ => true, Fault(fault));
        Assert.Single(await ListAsync(line.Store));
        line.Proxy.Strike(2, _ => true, Fault(fault));
        Assert.True(await line.Store.DeleteAsync(Name));
        Assert.Equal(8, line.Proxy.Struck);
    }

    [SkippableFact]
    public async Task Content_bitFlippedOnTheWayBack_isNeverAWrongAnswer()
    {
        await using var line = await FaultyLine.OpenAsync(server);
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        var put = await new ContentStore(line.Direct).PutAsync(bytes);
        line.Proxy.Strike(int.MaxValue, call => call.Method == "GET", HttpFault.FlippedAnswer);
        await Assert.ThrowsAsync<IntegrityException>(async () =>
        {
            await using var stream = await new ContentStore(line.Store).OpenReadAsync(put.Digest);
            await stream.CopyToAsync(Stream.Null);
        });
    }

    [SkippableFact]
    public async Task AnyCall_connectionRefused_saysThatTheServiceIsAway()
    {
        var store = new AzureBlobObjectStore(AzuriteServer.Client(AzuriteServer.FreePort(), "team"));
        foreach (var call in Calls(store))
            Assert.False((await Assert.ThrowsAsync<StorageUnavailableException>(call)).NeedsRepair);
    }

    [SkippableFact]
    public async Task PutIfAbsent_cancelledDuringARequest_endsAtOnce()
    {
        await using var line = await FaultyLine.OpenAsync(server);
        using var cancel = new CancellationTokenSource();
        var never = new TaskCompletionSource();
        line.Proxy.Strike(int.MaxValue, call => Is(call, Moment.Block), HttpFault.After(async () =>
        {
            await cancel.CancelAsync();
            await never.Task;
        }));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => line.Store.PutIfAbsentAsync(Name, new MemoryStream(Content(Moment.Block)), cancel.Token));
        never.SetResult();
        Assert.Null(await line.Direct.FindAsync(Name));
    }

    private static bool Is(HttpCall call, Moment moment) => call.Method == "PUT" && call.Query.GetValueOrDefault("comp") == moment switch
    {
        Moment.Block => "block",
        Moment.Commit => "blocklist",
        _ => null,
    };

    private static HttpFault Fault(string name) => name switch
    {
        "lost" => HttpFault.CloseBefore,
        "half" => HttpFault.HalfRequest,
        "flipped" => HttpFault.FlippedRequest,
        "swallowed" => HttpFault.SwallowAnswer,
        _ => HttpFault.Status(int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)),
    };

    /// <summary>A small one, or one of six blocks.</summary>
    private static byte[] Content(Moment moment)
    {
        var bytes = new byte[moment == Moment.Whole ? 50_000 : (40 << 20) + 77];
        new Random(7).NextBytes(bytes);
        return bytes;
    }

    private static IEnumerable<Func<Task>> Calls(AzureBlobObjectStore store) =>
    [
        () => store.PutIfAbsentAsync(Name, new MemoryStream([1])),
        () => store.PutIfAbsentAsync(Name, new MemoryStream(Content(Moment.Block))),
        () => store.FindAsync(Name),
        () => store.OpenReadAsync(Name),
        () => store.OpenReadAsync(Name, length: 0),
        () => ListAsync(store),
        () => store.DeleteAsync(Name),
    ];

    private static async Task<byte[]> ReadAsync(AzureBlobObjectStore store, long offset = 0)
    {
        await using var stream = await store.OpenReadAsync(Name, offset);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    private static async Task<List<ObjectInfo>> ListAsync(AzureBlobObjectStore store)
    {
        var objects = new List<ObjectInfo>();
        await foreach (var one in store.ListAsync(""))
            objects.Add(one);
        return objects;
    }
}

using Microsoft.Extensions.Time.Testing;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.S3.Tests.Faults;

/// <summary>A writer ends between two requests of a large put: from there on nothing of it arrives.</summary>
[Collection(SharedServer.Name)]
public sealed class KilledWriterTests(CephServer server)
{
    [SkippableTheory]
    [InlineData(PutStep.Begin, 1)]
    [InlineData(PutStep.Part, 1)]
    [InlineData(PutStep.Part, 3)]
    [InlineData(PutStep.Complete, 1)]
    [InlineData(PutStep.Marker, 1)]
    public async Task PutIfAbsent_killedBefore_nothingIsVisibleAndAnotherWriterCreates(PutStep step, int occurrence)
    {
        await using var rig = new Rig(server);
        await KillAsync(rig, step, occurrence, HttpFault.CloseBefore);
        await rig.AssertHoldsAsync(null);
        Assert.Equal(PutOutcome.Created, await Rig.PutAsync(rig.Direct, Rig.Large(2)));
        await rig.AssertHoldsAsync(Rig.Large(2));
        await AssertSweptAsync(rig, Rig.Large(2));
    }

    [SkippableFact]
    public async Task PutIfAbsent_killedBetweenCompleteAndMarker_nothingIsVisibleAndAnotherWriterCreates()
    {
        await using var rig = new Rig(server);
        await KillAsync(rig, PutStep.Complete, 1, HttpFault.SwallowAnswer);
        Assert.Equal(0, await rig.CountUploadsAsync());
        Assert.Single(await rig.KeysAsync());
        await rig.AssertHoldsAsync(null);
        Assert.Equal(PutOutcome.Created, await Rig.PutAsync(rig.Direct, Rig.Bytes(2, 9)));
        await rig.AssertHoldsAsync(Rig.Bytes(2, 9));
        await AssertSweptAsync(rig, Rig.Bytes(2, 9));
    }

    [SkippableFact]
    public async Task PutIfAbsent_killedAfterTheMarker_theObjectIsThereWhole()
    {
        await using var rig = new Rig(server);
        await KillAsync(rig, PutStep.Marker, 1, HttpFault.SwallowAnswer);
        await rig.AssertHoldsAsync(Rig.Large(1));
        Assert.Equal(PutOutcome.AlreadyThere, await Rig.PutAsync(rig.Direct, Rig.Large(2)));
        await AssertSweptAsync(rig, Rig.Large(1));
    }

    [SkippableFact]
    public async Task Delete_killedAfterTheMarker_theNameIsFreeAndTheBytesAreSwept()
    {
        await using var rig = new Rig(server);
        await Rig.PutAsync(rig.Direct, Rig.Large(1));
        rig.Proxy.Rule = call => call.Method == "DELETE" && call.Path.Contains("large", StringComparison.Ordinal) ? HttpFault.CloseBefore : null;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => rig.Store.DeleteAsync(Rig.Name));
        await rig.AssertHoldsAsync(null);
        Assert.Equal(PutOutcome.Created, await Rig.PutAsync(rig.Direct, Rig.Large(2)));
        Assert.Equal(3, (await rig.KeysAsync()).Count);
        await AssertSweptAsync(rig, Rig.Large(2));
    }

    [SkippableFact]
    public async Task List_youngLeftovers_areLeftAlone()
    {
        await using var rig = new Rig(server);
        await KillAsync(rig, PutStep.Complete, 1, HttpFault.SwallowAnswer);
        await KillAsync(rig, PutStep.Part, 3, HttpFault.CloseBefore);
        Assert.Empty(await Rig.ListAsync(rig.DirectAt(new FakeTimeProvider(DateTimeOffset.UtcNow.AddHours(47)))));
        Assert.Equal((1, 1), ((await rig.KeysAsync()).Count, await rig.CountUploadsAsync()));
    }

    [SkippableFact]
    public async Task List_ofSomethingElse_leavesLeftoversAlone()
    {
        await using var rig = new Rig(server);
        await KillAsync(rig, PutStep.Complete, 1, HttpFault.SwallowAnswer);
        Assert.Empty(await Rig.ListAsync(rig.DirectAt(new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(3))), "other/"));
        Assert.Single(await rig.KeysAsync());
    }

    [SkippableFact]
    public async Task List_withoutTheRightToDelete_listsNevertheless()
    {
        await using var rig = new Rig(server);
        await KillAsync(rig, PutStep.Complete, 1, HttpFault.SwallowAnswer);
        await Rig.PutAsync(rig.Direct, Rig.Bytes(2, 9));
        var before = rig.Proxy.Struck;
        rig.Proxy.Rule = call => call.Method == "DELETE" ? HttpFault.Status(403) : null;
        var later = Rig.Open(rig.Options with { Time = new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(3)) });
        Assert.Single(await Rig.ListAsync(later));
        Assert.Equal(1, rig.Proxy.Struck - before);
    }

    /// <summary>Puts content 1; the request gets the fault, and nothing after it arrives.</summary>
    private static async Task KillAsync(Rig rig, PutStep step, int occurrence, HttpFault fault)
    {
        var seen = 0;
        rig.Proxy.Rule = call =>
        {
            if (step.Is(call))
                Interlocked.Increment(ref seen);
            if (Volatile.Read(ref seen) < occurrence)
                return null;
            return step.Is(call) && Interlocked.CompareExchange(ref seen, occurrence + 1000, occurrence) == occurrence ? fault : HttpFault.CloseBefore;
        };
        var store = Rig.Open(rig.Options with { Retries = 0 });
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Rig.PutAsync(store, Rig.Large(1)));
        rig.Proxy.Rule = null;
    }

    /// <summary>Days later a listing leaves only what is visible.</summary>
    private static async Task AssertSweptAsync(Rig rig, byte[] content)
    {
        Assert.Single(await Rig.ListAsync(rig.DirectAt(new FakeTimeProvider(DateTimeOffset.UtcNow.AddHours(49)))));
        Assert.Equal(0, await rig.CountUploadsAsync());
        Assert.Equal(content.Length > Rig.PartBytes ? 2 : 1, (await rig.KeysAsync()).Count);
        await rig.AssertHoldsAsync(content);
    }
}

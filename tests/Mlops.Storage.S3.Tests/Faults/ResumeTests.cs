using Microsoft.Extensions.Time.Testing;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.S3.Tests.Faults;

/// <summary>An interrupted upload goes on with what arrived of it, and never with what is somebody else's.</summary>
[Collection(SharedServer.Name)]
public sealed class ResumeTests(CephServer server)
{
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PutIfAbsent_again_sendsOnlyWhatIsMissing(bool isSeekable)
    {
        await using var rig = new Rig(server);
        var arrived = await InterruptAsync(rig, rig.Store);
        using Stream content = isSeekable ? new MemoryStream(Rig.Large(1)) : new TestStream(Rig.Large(1), 7777);
        Assert.Equal(PutOutcome.Created, await rig.Store.PutIfAbsentAsync(Rig.Name, content));
        Assert.Equal(4 - arrived, Sent(rig));
        await rig.AssertHoldsAsync(Rig.Large(1));
        Assert.Equal(0, await rig.CountUploadsAsync());
    }

    [SkippableFact]
    public async Task PutIfAbsent_again_otherContentIsSentWhole()
    {
        await using var rig = new Rig(server);
        await InterruptAsync(rig, rig.Store);
        Assert.Equal(PutOutcome.Created, await Rig.PutAsync(rig.Store, Rig.Large(2)));
        Assert.Equal(4, Sent(rig));
        await rig.AssertHoldsAsync(Rig.Large(2));
    }

    [SkippableTheory]
    [InlineData(10, 4)]
    [InlineData(40, 1)]
    [InlineData(13 * 60, 4)]
    public async Task PutIfAbsent_anotherWritersUpload_isTakenOverAfterSilence(int minutes, int expectedParts)
    {
        await using var rig = new Rig(server);
        await InterruptAsync(rig, Rig.Open(rig.Options));
        var later = Rig.Open(rig.Options with { Time = new FakeTimeProvider(DateTimeOffset.UtcNow.AddMinutes(minutes)) });
        Assert.Equal(PutOutcome.Created, await Rig.PutAsync(later, Rig.Large(1)));
        Assert.Equal(expectedParts, Sent(rig));
        await rig.AssertHoldsAsync(Rig.Large(1));
    }

    [SkippableTheory]
    [InlineData(PutStep.Complete, false)]
    [InlineData(PutStep.Complete, true)]
    [InlineData(PutStep.Marker, false)]
    [InlineData(PutStep.Marker, true)]
    public async Task PutIfAbsent_takenOverThoughAlive_oneContentIsThereAndNothingDangles(PutStep pause, bool isSameContent)
    {
        await using var rig = new Rig(server);
        var other = Rig.Large(isSameContent ? 1 : 2);
        var later = rig.DirectAt(new FakeTimeProvider(DateTimeOffset.UtcNow.AddMinutes(40)));

        // the first writer stands still before this step, while the second does all of its own
        rig.Proxy.Strike(1, pause.When(), HttpFault.After(async () => Assert.Equal(PutOutcome.Created, await Rig.PutAsync(later, other))));
        try
        {
            Assert.Equal(PutOutcome.AlreadyThere, await Rig.PutAsync(rig.Store, Rig.Large(1)));
            Assert.Equal(PutStep.Marker, pause);
        }
        catch (StorageUnavailableException)
        {
            // its upload is no more; the gateway calls that an internal error
            Assert.Equal(PutStep.Complete, pause);
        }

        Assert.Equal(1, rig.Proxy.Struck);
        await rig.AssertHoldsAsync(other);
        Assert.Equal(2, (await rig.KeysAsync()).Count);
        Assert.Equal(0, await rig.CountUploadsAsync());
    }

    [SkippableFact]
    public async Task PutIfAbsent_ofOneContentAfterAnotherTookOverAndWasDeleted_nothingDangles()
    {
        await using var rig = new Rig(server);
        var later = rig.DirectAt(new FakeTimeProvider(DateTimeOffset.UtcNow.AddMinutes(40)));
        rig.Proxy.Strike(1, PutStep.Complete.When(), HttpFault.After(async () =>
        {
            await Rig.PutAsync(later, Rig.Large(1));
            await rig.Direct.DeleteAsync(Rig.Name);
        }));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Rig.PutAsync(rig.Store, Rig.Large(1)));
        await rig.AssertHoldsAsync(null);
        Assert.Empty(await rig.KeysAsync());
    }

    [SkippableFact]
    public async Task PutIfAbsent_longerThanADay_isRefused()
    {
        await using var rig = new Rig(server);
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var store = Rig.Open(rig.Options with { Time = time });
        rig.Proxy.Strike(1, PutStep.Complete.When(), HttpFault.After(() =>
        {
            time.Advance(TimeSpan.FromHours(25));
            return Task.CompletedTask;
        }));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Rig.PutAsync(store, Rig.Large(1)));
        await rig.AssertHoldsAsync(null);
    }

    /// <summary>A put whose last part never arrives; how many did.</summary>
    private static async Task<int> InterruptAsync(Rig rig, S3ObjectStore store)
    {
        rig.Proxy.Rule = call => call.Query.GetValueOrDefault("partNumber") == "4" ? HttpFault.CloseBefore : null;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Rig.PutAsync(store, Rig.Large(1)));
        rig.Proxy.Rule = null;
        rig.Seen = rig.Proxy.Calls.Count;
        return 3;
    }

    private static int Sent(Rig rig) => rig.Proxy.Calls.Skip(rig.Seen).Count(PutStep.Part.When());
}

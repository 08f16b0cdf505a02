using System.Text;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.S3.Tests;

/// <summary>What is in the bucket, and what else may be in it.</summary>
[Collection(SharedServer.Name)]
public sealed class BucketContentTests(CephServer server)
{
    [SkippableFact]
    public async Task Put_smallAndLarge_keysAreAsDocumented()
    {
        await using var rig = new Rig(server);
        await Rig.PutAsync(rig.Store, Rig.Bytes(1, Rig.PartBytes), ObjectName.Parse("small"));
        await Rig.PutAsync(rig.Store, Rig.Bytes(1, Rig.PartBytes + 1), ObjectName.Parse("large"));
        Assert.Collection(
            await rig.KeysAsync(),
            key => Assert.Equal("large", key),
            key => Assert.Equal("small", key),
            key => Assert.Matches("^~large/large![0-9a-f]{32}$", key));
        Assert.Equal([("large", Rig.PartBytes + 1L), ("small", Rig.PartBytes)], (await Rig.ListAsync(rig.Store)).Select(o => (o.Name.Value, o.SizeBytes)));
    }

    [SkippableFact]
    public async Task List_manyLargeObjectsOverPages_givesEachOnceInOrder()
    {
        await using var rig = new Rig(server);
        var names = Enumerable.Range(0, 12).Select(i => ObjectName.Parse($"p{i % 3}/{i:x2}{(i % 4 == 0 ? "/deep" : "")}")).ToList();
        await Task.WhenAll(names.Select((name, i) => Rig.PutAsync(rig.Direct, i % 2 == 0 ? Rig.Large(i) : Rig.Bytes(i, i), name)));
        var paged = Rig.Open(rig.Options with { PageSize = 3 });
        foreach (var prefix in new[] { "", "p1/", "p1/0" })
        {
            Assert.Equal(
                names.Select((name, i) => (name.Value, (long)(i % 2 == 0 ? Rig.Large(i).Length : i))).Where(o => o.Value.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(o => o.Value, StringComparer.Ordinal),
                (await Rig.ListAsync(paged, prefix)).Select(o => (o.Name.Value, o.SizeBytes)));
        }
    }

    [SkippableFact]
    public async Task SmallObject_withTheBytesOfAMarker_isWhatItIs()
    {
        await using var rig = new Rig(server);
        var content = Marker.Body(new string('0', 32));
        await Rig.PutAsync(rig.Store, content);
        await rig.AssertHoldsAsync(content);
    }

    [SkippableFact]
    public async Task Marker_withoutItsBytes_countsAsNothingAndIsReplaced()
    {
        await using var rig = new Rig(server);
        await Rig.PutAsync(rig.Store, Rig.Large(1));
        await rig.DeleteKeyAsync((await rig.KeysAsync()).Single(k => k.StartsWith('~')));
        await rig.AssertHoldsAsync(null);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Rig.PutAsync(rig.Store, Rig.Large(2))));
        Assert.Single(outcomes, PutOutcome.Created);
        await rig.AssertHoldsAsync(Rig.Large(2));
        Assert.Equal(2, (await rig.KeysAsync()).Count);
    }

    [SkippableFact]
    public async Task Delete_markerWithoutItsBytes_tellsThatThereWasNothing()
    {
        await using var rig = new Rig(server);
        await Rig.PutAsync(rig.Store, Rig.Large(1));
        await rig.DeleteKeyAsync((await rig.KeysAsync()).Single(k => k.StartsWith('~')));
        Assert.False(await rig.Store.DeleteAsync(Rig.Name));
        Assert.Empty(await rig.KeysAsync());
    }

    [SkippableFact]
    public async Task Delete_large_removesAllOfIt()
    {
        await using var rig = new Rig(server);
        await Rig.PutAsync(rig.Store, Rig.Large(1));
        Assert.True(await rig.Store.DeleteAsync(Rig.Name));
        Assert.Empty(await rig.KeysAsync());
        Assert.False(await rig.Store.DeleteAsync(Rig.Name));
    }

    [SkippableFact]
    public async Task List_whatOthersPutIntoTheBucket_isPassedOver()
    {
        await using var rig = new Rig(server);
        await Rig.PutAsync(rig.Store, Rig.Bytes(1, 9));
        foreach (var key in new[] { "Upper Case", "a//b", "dot.", "~large/x", "~large/Bad!1", "~other", "folder/" })
            await rig.PutKeyAsync(key, "x");
        Assert.Equal(Rig.Name, Assert.Single(await Rig.ListAsync(rig.Store)).Name);
        Assert.Empty(await Rig.ListAsync(rig.Store, "~"));
        Assert.Equal(8, (await rig.KeysAsync()).Count);
    }

    [SkippableFact]
    public async Task Find_whatOthersPutUnderAName_isAnObject()
    {
        await using var rig = new Rig(server);
        await rig.PutKeyAsync(Rig.Name.Value, "by hand");
        await rig.AssertHoldsAsync("by hand"u8.ToArray());
        Assert.Equal(PutOutcome.AlreadyThere, await Rig.PutAsync(rig.Store, Encoding.UTF8.GetBytes("ours")));
    }

    [SkippableFact]
    public async Task Stores_underOtherPrefixes_areApart()
    {
        await using var rig = new Rig(server);
        await using var other = new Rig(server);
        await Rig.PutAsync(rig.Store, Rig.Bytes(1, 9));
        await other.AssertHoldsAsync(null);
        Assert.Contains($"s3://{CephServer.Bucket}/tests/", rig.Store.Location, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Put_large_isSentInPartsSideBySide()
    {
        await using var rig = new Rig(server);
        using var met = new CountdownEvent(4);
        rig.Proxy.Rule = call => !PutStep.Part.Is(call) ? null : HttpFault.After(() =>
        {
            met.Signal();
            return Task.Run(() => Assert.True(met.Wait(TimeSpan.FromSeconds(30))));
        });
        Assert.Equal(PutOutcome.Created, await Rig.PutAsync(rig.Store, Rig.Large(1)));
        Assert.Equal(4, rig.Proxy.Struck);
    }
}

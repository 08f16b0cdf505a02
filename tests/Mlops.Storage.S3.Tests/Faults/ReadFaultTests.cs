using Mlops.Storage.Conformance;

namespace Mlops.Storage.S3.Tests.Faults;

[Collection(SharedServer.Name)]
public sealed class ReadFaultTests(CephServer server)
{
    public static TheoryData<bool, int> Contents => new() { { false, 1 }, { false, 3 }, { true, 1 }, { true, 3 } };

    [SkippableTheory]
    [MemberData(nameof(Contents))]
    public async Task OpenRead_halfABody_readsOnWhereItWas(bool isLarge, int times)
    {
        await using var rig = new Rig(server);
        var content = isLarge ? Rig.Large(1) : Rig.Bytes(1, 100_000);
        await Rig.PutAsync(rig.Direct, content);
        rig.Proxy.Strike(times, IsGet(isLarge), HttpFault.HalfAnswer);
        Rig.AssertSame(content, await Rig.ReadAsync(rig.Store));
        Rig.AssertSame(content[1000..70_000], await Rig.ReadAsync(rig.Store, offset: 1000, length: 69_000));
        Assert.Equal(times, rig.Proxy.Struck);
    }

    [SkippableFact]
    public async Task Read_synchronous_givesTheSame()
    {
        await using var rig = new Rig(server);
        await Rig.PutAsync(rig.Direct, Rig.Large(1));
        rig.Proxy.Strike(1, IsGet(true), HttpFault.HalfAnswer);
        await using var stream = await rig.Store.OpenReadAsync(Rig.Name);
        var read = new byte[Rig.Large(1).Length];
        stream.ReadExactly(read);
        Rig.AssertSame(Rig.Large(1), read);
        Assert.Equal(-1, stream.ReadByte());
    }

    [SkippableFact]
    public async Task Read_serverThatGoesAway_isUnavailable()
    {
        await using var rig = new Rig(server);
        await Rig.PutAsync(rig.Direct, Rig.Large(1));
        await using var stream = await rig.Store.OpenReadAsync(Rig.Name);
        await stream.ReadExactlyAsync(new byte[1000]);
        rig.Proxy.Rule = _ => HttpFault.CloseBefore;
        rig.Proxy.Cut();
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => stream.CopyToAsync(Stream.Null));
        Assert.Contains(CephServer.Bucket, error.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Read_objectReplacedMeanwhile_neverMixesTwo(bool isLarge)
    {
        await using var rig = new Rig(server);
        var content = isLarge ? Rig.Large(1) : Rig.Bytes(1, 200_000);
        await Rig.PutAsync(rig.Direct, content);
        rig.Proxy.Strike(1, IsGet(isLarge), HttpFault.HalfAnswer);
        await using var stream = await rig.Store.OpenReadAsync(Rig.Name);
        Assert.True(await rig.Direct.DeleteAsync(Rig.Name));
        await Rig.PutAsync(rig.Direct, Rig.Bytes(2, content.Length));
        await Assert.ThrowsAsync<NotFoundException>(() => stream.CopyToAsync(Stream.Null));
    }

    [SkippableTheory]
    [InlineData(409)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task AnyRead_oneFault_isTriedAgain(int status)
    {
        await using var rig = new Rig(server);
        await Rig.PutAsync(rig.Direct, Rig.Large(1));
        foreach (var fault in new[] { HttpFault.Status(status), HttpFault.CloseBefore, HttpFault.SwallowAnswer })
        {
            rig.Proxy.Strike(1, _ => true, fault);
            Rig.AssertSame(Rig.Large(1), await Rig.ReadAsync(rig.Store));
            rig.Proxy.Strike(1, _ => true, fault);
            Assert.NotNull(await rig.Store.FindAsync(Rig.Name));
            rig.Proxy.Strike(1, _ => true, fault);
            Assert.Single(await Rig.ListAsync(rig.Store));
        }

        Assert.Equal(9, rig.Proxy.Struck);
    }

    [SkippableFact]
    public async Task Delete_answerLost_isTold()
    {
        await using var rig = new Rig(server);
        await Rig.PutAsync(rig.Direct, Rig.Large(1));
        rig.Proxy.Strike(1, call => call.Method == "DELETE", HttpFault.SwallowAnswer);
        Assert.True(await rig.Store.DeleteAsync(Rig.Name));
        Assert.Empty(await rig.KeysAsync());
    }

    private static Func<HttpCall, bool> IsGet(bool ofLarge) => call =>
        call.Method == "GET" && !call.Query.ContainsKey("list-type") && call.Path.Contains("large/", StringComparison.Ordinal) == ofLarge;
}

namespace Mlops.Storage.S3.Tests;

[Collection(SharedServer.Name)]
public sealed class RaceTests(CephServer server)
{
    private const int Keys = 20;
    private const int Writers = 6;

    /// <summary>How large the contents are: all small, all large, or every second writer's.</summary>
    public enum Sizes
    {
        Small = 0,
        Large = 1,
        Mixed = 2,
    }

    [SkippableTheory]
    [InlineData(Sizes.Small)]
    [InlineData(Sizes.Large)]
    [InlineData(Sizes.Mixed)]
    public async Task PutIfAbsent_manyKeysAndWriters_eachKeyHasOneWinner(Sizes sizes)
    {
        await using var rig = new Rig(server);
        var stores = Enumerable.Range(0, Writers).Select(_ => Rig.Open(rig.Options with { Endpoint = server.Endpoint })).ToArray();
        using var start = new SemaphoreSlim(0);
        var puts = new Task<PutOutcome>[Keys, Writers];
        for (var key = 0; key < Keys; key++)
        {
            for (var writer = 0; writer < Writers; writer++)
            {
                var (name, content, store) = (NameOf(key), Content(sizes, key, writer), stores[writer]);
                puts[key, writer] = Task.Run(async () =>
                {
                    await start.WaitAsync();
                    return await Rig.PutAsync(store, content, name);
                });
            }
        }

        start.Release(Keys * Writers);
        await Task.WhenAll(puts.Cast<Task>());
        for (var key = 0; key < Keys; key++)
        {
            var winner = Assert.Single(Enumerable.Range(0, Writers), writer => puts[key, writer].Result == PutOutcome.Created);
            Rig.AssertSame(Content(sizes, key, winner), await Rig.ReadAsync(rig.Direct, NameOf(key)));
        }

        Assert.Equal(Keys, (await Rig.ListAsync(rig.Direct)).Count);
        Assert.Equal(0, await rig.CountUploadsAsync());
        var isLarge = (await rig.KeysAsync()).Count(k => k.StartsWith("~large/", StringComparison.Ordinal));
        Assert.Equal((await Rig.ListAsync(rig.Direct)).Count(o => o.SizeBytes > Rig.PartBytes), isLarge);
    }

    private static ObjectName NameOf(int key) => ObjectName.Parse($"race/{key}");

    private static byte[] Content(Sizes sizes, int key, int writer) =>
        Rig.Bytes((key * Writers) + writer, sizes == Sizes.Large || (sizes == Sizes.Mixed && writer % 2 == 0) ? (2 * Rig.PartBytes) + 17 : 300);
}

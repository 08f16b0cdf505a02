using Mlops.Storage.Conformance;

namespace Mlops.Storage.AzureBlobs.Tests;

/// <summary>The server dies while a large object goes up, and comes back.</summary>
public sealed class ServerCrashTests(AzuriteServer server) : IClassFixture<AzuriteServer>
{
    private static readonly ObjectName Name = ObjectName.Parse("large");

    [SkippableFact]
    public async Task PutIfAbsent_serverCrashesAndComesBack_createsTheObject()
    {
        await using var line = await FaultyLine.OpenAsync(server);
        var bytes = Large();
        var outage = new Lazy<Task>(async () =>
        {
            await server.KillAsync();
            await RestartAsync(line);
        });
        var blocks = 0;
        line.Proxy.Rule = call => Volatile.Read(ref blocks) >= 4 || (IsBlock(call) && Interlocked.Increment(ref blocks) >= 4)
            ? HttpFault.After(() => outage.Value)
            : null;
        Assert.Equal(PutOutcome.Created, await line.Store.PutIfAbsentAsync(Name, new MemoryStream(bytes)));
        Assert.True(outage.IsValueCreated);
        await AssertIsAsync(bytes, line);
    }

    [SkippableFact]
    public async Task PutIfAbsent_serverStaysAway_saysSoAndALaterPutCreatesTheObject()
    {
        await using var line = await FaultyLine.OpenAsync(server);
        var bytes = Large();
        var crash = new Lazy<Task>(server.KillAsync);
        var blocks = 0;
        line.Proxy.Rule = call => IsBlock(call) && Interlocked.Increment(ref blocks) >= 3 ? HttpFault.After(() => crash.Value) : null;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => line.Store.PutIfAbsentAsync(Name, new MemoryStream(bytes)));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => line.Store.FindAsync(Name));

        await RestartAsync(line);
        Assert.Null(await line.Store.FindAsync(Name));
        Assert.Equal(PutOutcome.Created, await line.Store.PutIfAbsentAsync(Name, new MemoryStream(bytes)));
        await AssertIsAsync(bytes, line);
    }

    // the emulator forgets what it took in its last seconds, containers and blocks included
    private async Task RestartAsync(FaultyLine line)
    {
        await server.RestartAsync();
        await AzuriteServer.Client(server.Port, line.Container).CreateIfNotExistsAsync();
    }

    private static bool IsBlock(HttpCall call) => call.Query.GetValueOrDefault("comp") == "block";

    private static byte[] Large()
    {
        var bytes = new byte[(64 << 20) + 3];
        new Random(11).NextBytes(bytes);
        return bytes;
    }

    private static async Task AssertIsAsync(byte[] bytes, FaultyLine line)
    {
        await using var stream = await line.Direct.OpenReadAsync(Name);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        Assert.Equal(Digest.Of(bytes), Digest.Of(copy.ToArray()));
    }
}

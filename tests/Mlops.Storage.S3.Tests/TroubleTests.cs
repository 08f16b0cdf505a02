using Amazon.Runtime;
using Amazon.S3;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.S3.Tests;

/// <summary>What goes wrong is named, with what to do about it.</summary>
[Collection(SharedServer.Name)]
public sealed class TroubleTests(CephServer server)
{
    private static readonly ObjectName Name = ObjectName.Parse("a/b");

    public static TheoryData<string> Calls => ["put", "find", "read", "range", "list", "delete"];

    [SkippableTheory]
    [MemberData(nameof(Calls))]
    public async Task AnyCall_wrongSecret_saysSoAndTellsNoSecret(string call)
    {
        server.Require();
        using var client = Client(CephServer.AccessKey, "hunter2-Geheim");
        var error = await FailAsync(call, new S3ObjectStoreOptions { Bucket = CephServer.Bucket, Client = client });
        Assert.True(error.NeedsRepair);
        Assert.Contains("credentials", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_longerThanAnObjectMayBe_isRefusedBeforeAnythingIsRead()
    {
        var options = new S3ObjectStoreOptions { Bucket = "bucket", Endpoint = new Uri("http://127.0.0.1:9") };
        var most = 10_000L * options.PartBytes;
        var store = new S3ObjectStore(options);
        var error = await Assert.ThrowsAsync<ArgumentException>(() => store.PutIfAbsentAsync(Name, new VastStream(most + 1)));
        Assert.Contains($"{most + 1} bytes", error.Message, StringComparison.Ordinal);
        Assert.Contains($"at most {most}", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => store.PutIfAbsentAsync(Name, new VastStream(most)));
    }

    [SkippableTheory]
    [MemberData(nameof(Calls))]
    public async Task AnyCall_unknownKey_saysSo(string call)
    {
        server.Require();
        using var client = Client("AKIANOBODY", "hunter2-Geheim");
        var options = new S3ObjectStoreOptions { Bucket = CephServer.Bucket, Client = client };
        for (var i = 0; i < 40; i++)
        {
            // its body is refused unread, and may be taken for the beginning of the next request
            await FailAsync("put", options);
            var error = await FailAsync(call, options);
            Assert.True(error.NeedsRepair, error.Message);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Calls))]
    public async Task AnyCall_missingBucket_namesIt(string call)
    {
        server.Require();
        var error = await FailAsync(call, new S3ObjectStoreOptions { Bucket = "no-such-bucket", Endpoint = server.Endpoint });
        Assert.True(error.NeedsRepair);
        Assert.Contains("no bucket 'no-such-bucket'; create it", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task AnyCall_connectionRefused_isUnavailable(string call)
    {
        var error = await FailAsync(call, new S3ObjectStoreOptions { Bucket = "bucket", Endpoint = new Uri("http://127.0.0.1:9"), Retries = 1 });
        Assert.False(error.NeedsRepair);
        Assert.Contains("s3://bucket?endpoint=http://127.0.0.1:9", error.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be reached", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task AnyCall_credentialsThatCannotBeGot_saysSo(string call)
    {
        // such as a login that has expired, of which the SDK throws an exception of no family
        using var client = new AmazonS3Client(new BrokenCredentials(), new AmazonS3Config { ServiceURL = "http://127.0.0.1:9" });
        var error = await FailAsync(call, new S3ObjectStoreOptions { Bucket = "bucket", Client = client });
        Assert.True(error.NeedsRepair);
        Assert.Contains("cannot get credentials; log in again", error.Message, StringComparison.Ordinal);
        Assert.Contains("The login has expired", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task AnyCall_serverThatCrashed_isUnavailableUntilItIsBack()
    {
        await using var rig = new Rig(server);
        await Rig.PutAsync(rig.Direct, Rig.Bytes(1, 9));
        await server.KillAsync();
        try
        {
            await Assert.ThrowsAsync<StorageUnavailableException>(() => Rig.PutAsync(rig.Direct, Rig.Large(2), Name));
            await Assert.ThrowsAsync<StorageUnavailableException>(() => rig.Direct.FindAsync(Rig.Name));
        }
        finally
        {
            await server.RestartAsync();
        }

        await rig.AssertHoldsAsync(Rig.Bytes(1, 9));
        Assert.Equal(PutOutcome.Created, await Rig.PutAsync(rig.Direct, Rig.Large(2), Name));
    }

    [SkippableFact]
    public async Task Client_ofTheCaller_isUsedAsItIs()
    {
        server.Require();
        using var client = server.Client();
        var store = new S3ObjectStore(new S3ObjectStoreOptions { Bucket = CephServer.Bucket, Prefix = CephServer.NewPrefix(), Client = client });
        Assert.Equal(PutOutcome.Created, await Rig.PutAsync(store, Rig.Bytes(1, 9)));
        Rig.AssertSame(Rig.Bytes(1, 9), await Rig.ReadAsync(store));
    }

    private AmazonS3Client Client(string key, string secret) => new(
        new BasicAWSCredentials(key, secret), new AmazonS3Config { ServiceURL = server.Endpoint.AbsoluteUri, ForcePathStyle = true });

    private static Task<StorageUnavailableException> FailAsync(string call, S3ObjectStoreOptions options)
    {
        var store = new S3ObjectStore(options);
        return Assert.ThrowsAsync<StorageUnavailableException>(() => call switch
        {
            "put" => Rig.PutAsync(store, Rig.Bytes(1, 9), Name),
            "find" => store.FindAsync(Name),
            "read" => store.OpenReadAsync(Name),
            "range" => store.OpenReadAsync(Name, 1),
            "list" => Rig.ListAsync(store),
            _ => store.DeleteAsync(Name),
        });
    }

    private sealed class BrokenCredentials : AWSCredentials
    {
        public override ImmutableCredentials GetCredentials() => throw new InvalidOperationException("The login has expired.");
    }
}

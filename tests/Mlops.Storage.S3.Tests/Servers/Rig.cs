using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.S3.Tests;

/// <summary>A part of the bucket for one test: through a line that can fail, straight, and as it is.</summary>
internal sealed class Rig : IAsyncDisposable
{
    /// <summary>Of the parts of large objects here; the smallest that the store's first look at a stream does not exceed.</summary>
    public const int PartBytes = 256 * 1024;

    public static readonly ObjectName Name = ObjectName.Parse("packs/ab.c");
    private readonly CephServer _server;
    private readonly string _prefix = CephServer.NewPrefix();
    private readonly AmazonS3Client _client;

    public Rig(CephServer server)
    {
        server.Require();
        _server = server;
        _client = server.Client();
        Proxy = new HttpFaultProxy(server.Port);
        Direct = Open(Options with { Endpoint = server.Endpoint });
        Store = Open(Options);
    }

    /// <summary>How many calls a test has looked at.</summary>
    public int Seen { get; set; }

    public HttpFaultProxy Proxy { get; }

    /// <summary>Through the proxy.</summary>
    public S3ObjectStore Store { get; }

    /// <summary>Another client, with no proxy between.</summary>
    public S3ObjectStore Direct { get; }

    /// <summary>Through the proxy, with small parts.</summary>
    public S3ObjectStoreOptions Options => new()
    {
        Bucket = CephServer.Bucket,
        Prefix = _prefix,
        Endpoint = CephServer.EndpointAt(Proxy.Port),
        PartBytes = PartBytes,
        Retries = 2,
        SlowDownPause = TimeSpan.FromMilliseconds(20),
        RequestTimeout = TimeSpan.FromSeconds(20),
    };

    public static S3ObjectStore Open(S3ObjectStoreOptions options) => new(options);

    /// <summary>Straight to the server at another time.</summary>
    public S3ObjectStore DirectAt(TimeProvider time) => Open(Options with { Endpoint = _server.Endpoint, Time = time });

    public static byte[] Bytes(int seed, int count)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A content of four parts.</summary>
    public static byte[] Large(int seed) => Bytes(seed, (3 * PartBytes) + 1234);

    public static Task<PutOutcome> PutAsync(IObjectStore store, byte[] content, ObjectName? name = null) =>
        store.PutIfAbsentAsync(name ?? Name, new MemoryStream(content, writable: false));

    public static async Task<byte[]> ReadAsync(IObjectStore store, ObjectName? name = null, long offset = 0, long? length = null)
    {
        await using var stream = await store.OpenReadAsync(name ?? Name, offset, length);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    public static async Task<List<ObjectInfo>> ListAsync(IObjectStore store, string prefix = "")
    {
        List<ObjectInfo> listed = [];
        await foreach (var one in store.ListAsync(prefix))
            listed.Add(one);
        return listed;
    }

    /// <summary>Somebody else finds exactly this object, or nothing.</summary>
    public async Task AssertHoldsAsync(byte[]? content)
    {
        if (content is null)
        {
            Assert.Null(await Direct.FindAsync(Name));
            Assert.Empty(await ListAsync(Direct));
            await Assert.ThrowsAsync<NotFoundException>(() => Direct.OpenReadAsync(Name));
            await Assert.ThrowsAsync<NotFoundException>(() => Direct.OpenReadAsync(Name, 1, 2));
            return;
        }

        Assert.Equal(content.Length, (await Direct.FindAsync(Name))!.SizeBytes);
        Assert.Equal((Name, (long)content.Length), Assert.Single((await ListAsync(Direct)).Select(o => (o.Name, o.SizeBytes))));
        AssertSame(content, await ReadAsync(Direct));
        AssertSame(content[^7..], await ReadAsync(Direct, offset: content.Length - 7));
    }

    public static void AssertSame(byte[] expected, byte[] actual) =>
        Assert.Equal((expected.Length, Digest.Of(expected)), (actual.Length, Digest.Of(actual)));

    /// <summary>What the bucket really has here.</summary>
    public async Task<List<string>> KeysAsync()
    {
        var page = await _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = CephServer.Bucket, Prefix = _prefix + "/" });
        return [.. (page.S3Objects ?? []).Select(o => o.Key[(_prefix.Length + 1)..])];
    }

    public async Task<int> CountUploadsAsync()
    {
        var page = await _client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = CephServer.Bucket, Prefix = _prefix + "/" });
        return page.MultipartUploads?.Count ?? 0;
    }

    public Task DeleteKeyAsync(string key) => _client.DeleteObjectAsync(CephServer.Bucket, $"{_prefix}/{key}");

    public Task PutKeyAsync(string key, string content) => _client.PutObjectAsync(new PutObjectRequest
    {
        BucketName = CephServer.Bucket,
        Key = $"{_prefix}/{key}",
        InputStream = new MemoryStream(Encoding.UTF8.GetBytes(content)),
        UseChunkEncoding = false,
    });

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        _client.Dispose();
    }
}

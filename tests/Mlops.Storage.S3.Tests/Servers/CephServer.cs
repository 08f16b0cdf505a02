using System.Globalization;
using Amazon.Runtime;
using Amazon.S3;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.S3.Tests;

/// <summary>A private S3 server: Ceph's gateway, with one bucket.</summary>
public sealed class CephServer : ScriptServer
{
    public const string Bucket = "mlops-tests";
    public const string AccessKey = "AKIAMLOPS";
    public const string Secret = "secretmlops";
    private static readonly string[] Programs = ["radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph", "ceph-authtool", "monmaptool"];
    private static int _prefixes;

    public CephServer()
        : base("ceph-s3.sh")
    {
        // the way in which programs give credentials to the SDK's own chain
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", AccessKey);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", Secret);
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", "true");
    }

    public Uri Endpoint => EndpointAt(Port);

    /// <summary>A prefix that nothing has used yet.</summary>
    public static string NewPrefix() => string.Create(CultureInfo.InvariantCulture, $"tests/{Interlocked.Increment(ref _prefixes)}");

    public static Uri EndpointAt(int port) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));

    public AmazonS3Client Client() => new(
        new BasicAWSCredentials(AccessKey, Secret), new AmazonS3Config { ServiceURL = Endpoint.AbsoluteUri, ForcePathStyle = true });

    protected override string? FindMissing() => Programs.FirstOrDefault(p => !IsInstalled(p)) is { } absent
        ? $"Ceph's S3 server is not installed here (no {absent}); on Debian: apt-get install radosgw ceph-mon ceph-osd ceph-common"
        : null;

    protected override async Task PrepareAsync()
    {
        using var client = Client();
        await client.PutBucketAsync(Bucket);
    }
}

namespace Mlops.Storage.S3.Tests.Opening;

public sealed class S3UriTests
{
    [Theory]
    [InlineData("s3://bucket", "bucket", "", null, null, null)]
    [InlineData("s3://my.bucket-1/", "my.bucket-1", "", null, null, null)]
    [InlineData("s3://bucket/a/b%20c/", "bucket", "a/b c", null, null, null)]
    [InlineData("s3://bucket/a?region=eu-central-1", "bucket", "a", "eu-central-1", null, null)]
    [InlineData("s3://bucket?endpoint=http://minio:9000&pathStyle=false", "bucket", "", null, "http://minio:9000/", false)]
    [InlineData("s3://bucket?endpoint=https%3A%2F%2Fs3.example&region=x&pathStyle=true", "bucket", "", "x", "https://s3.example/", true)]
    public void Parse_gives_every_part(string uri, string bucket, string prefix, string? region, string? endpoint, bool? pathStyle)
    {
        var options = S3Uri.Parse(new Uri(uri));
        Assert.Equal(
            (bucket, prefix, region, endpoint, pathStyle),
            (options.Bucket, options.Prefix, options.Region, options.Endpoint?.AbsoluteUri, options.PathStyle));
    }

    [Theory]
    [InlineData("s3:///prefix")]
    [InlineData("s3://ab")]
    [InlineData("s3://bucket:99/x")]
    [InlineData("s3://AKIA:hunter2@bucket/x")]
    [InlineData("s3://bucket?secret=hunter2")]
    [InlineData("s3://bucket?pathStyle=hunter2")]
    [InlineData("s3://bucket?region=")]
    [InlineData("s3://bucket?endpoint=hunter2")]
    [InlineData("s3://bucket?endpoint=ftp://host")]
    [InlineData("s3://bucket?endpoint=http://AKIA:hunter2@host")]
    [InlineData("s3://bucket?endpoint=http://host/path")]
    public void Parse_other_is_refused_and_tells_no_secret(string uri)
    {
        var error = Assert.Throws<ArgumentException>(() => S3Uri.Parse(new Uri(uri)));
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<S3ObjectStoreOptions> OddOptions =>
    [
        new S3ObjectStoreOptions { Bucket = "" },
        new S3ObjectStoreOptions { Bucket = "Upper" },
        new S3ObjectStoreOptions { Bucket = new string('a', 64) },
        new S3ObjectStoreOptions { Bucket = "bucket", Prefix = "/a" },
        new S3ObjectStoreOptions { Bucket = "bucket", Prefix = "a/" },
        new S3ObjectStoreOptions { Bucket = "bucket", Prefix = new string('a', 151) },
        new S3ObjectStoreOptions { Bucket = "bucket", RequestTimeout = TimeSpan.Zero },
        new S3ObjectStoreOptions { Bucket = "bucket", Retries = 11 },
        new S3ObjectStoreOptions { Bucket = "bucket", Endpoint = new Uri("relative", UriKind.Relative) },
    ];

    [Theory]
    [MemberData(nameof(OddOptions))]
    public void Store_of_odd_options_is_refused(S3ObjectStoreOptions options) =>
        Assert.Throws<ArgumentException>(() => new S3ObjectStore(options));

    [Fact]
    public void Location_names_bucket_prefix_and_endpoint()
    {
        Assert.Equal("s3://bucket/a/b", new S3ObjectStore(new S3ObjectStoreOptions { Bucket = "bucket", Prefix = "a/b", Region = "eu-west-1" }).Location);
        Assert.Equal("s3://bucket?endpoint=http://host:9000", S3Uri.Parse(new Uri("s3://bucket?endpoint=http://host:9000")).Location);
    }
}

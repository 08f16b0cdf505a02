using Amazon.S3;

namespace Mlops.Storage.S3;

/// <summary>
/// Which bucket an <see cref="S3ObjectStore"/> uses, and how. Credentials are not among it: they come from the AWS SDK's own chain
/// (environment, profile, role), or with a <see cref="Client"/>.
/// </summary>
public sealed record S3ObjectStoreOptions
{
    /// <summary>The bucket; it must exist.</summary>
    public required string Bucket { get; init; }

    /// <summary>
    /// What all keys begin with, a folder without slashes at its ends; none by default. At most 150 characters. Several stores may
    /// share a bucket under prefixes of which none begins with another and a slash.
    /// </summary>
    public string Prefix { get; init; } = "";

    /// <summary>The region, such as <c>eu-central-1</c>; by default what the SDK finds in the environment or the profile.</summary>
    public string? Region { get; init; }

    /// <summary>
    /// The server, if it is not Amazon's: <c>http://minio:9000</c>; by default what the SDK finds, such as
    /// <c>AWS_ENDPOINT_URL_S3</c>, or else Amazon's of the region.
    /// </summary>
    public Uri? Endpoint { get; init; }

    /// <summary>
    /// Whether the bucket stands in the path instead of the host's name; by default where <see cref="Endpoint"/> is set. Servers
    /// other than Amazon's usually need it.
    /// </summary>
    public bool? PathStyle { get; init; }

    /// <summary>
    /// How long one request may take, or the next bytes of an answer; 60 s by default, 1 s to 1 hour. A part has 8 MiB, so a line
    /// must carry four of them in this time.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a request that failed for a passing reason is sent again, after random delays; 4 by default, 0 to 10.</summary>
    public int Retries { get; init; } = 4;

    /// <summary>The clock by which leftovers of interrupted writers age (two days).</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// A client to use as it is, with credentials, region, endpoint and timeouts of its own; the options for these are then
    /// ignored. It stays the caller's. By default the store makes one.
    /// </summary>
    public IAmazonS3? Client { get; init; }

    /// <summary>How many names a listing asks for at once.</summary>
    internal int PageSize { get; init; } = 1000;

    /// <summary>The most to wait after a first 429, as the SDK does after a first 503; twice as much after each further.</summary>
    internal TimeSpan SlowDownPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The content of each part of a large object, which with the random bytes behind the last has 8 MiB.</summary>
    internal int PartBytes { get; init; } = (8 << 20) - PartSender.NonceBytes;

    internal string Location
    {
        get
        {
            var place = Prefix.Length > 0 ? $"s3://{Bucket}/{Prefix}" : $"s3://{Bucket}";
            return Endpoint is null ? place : $"{place}?endpoint={Endpoint.GetLeftPart(UriPartial.Authority)}";
        }
    }

    internal void Validate()
    {
        Require(Bucket is { Length: >= 3 and <= 63 } && Bucket.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.'),
            $"The bucket '{Bucket}' must be 3 to 63 lower-case letters, digits, '-' or '.'.");
        Require(Prefix is { Length: <= 150 } && !Prefix.StartsWith('/') && !Prefix.EndsWith('/'),
            $"The prefix '{Prefix}' must be at most 150 characters without a slash at its ends.");
        Require(Endpoint is null || (Endpoint is { IsAbsoluteUri: true, Scheme: "http" or "https", AbsolutePath: "/", Query.Length: 0, Fragment.Length: 0 } && Endpoint.UserInfo.Length == 0),
            "The endpoint must be a URI such as https://host:9000, with neither user, path nor query; credentials come from the AWS SDK's own chain.");
        Require(RequestTimeout >= TimeSpan.FromSeconds(1) && RequestTimeout <= TimeSpan.FromHours(1),
            $"The option RequestTimeout is '{RequestTimeout}', but must be 1 s to 1 hour.");
        Require(Retries is >= 0 and <= 10, $"The option Retries is {Retries}, but must be 0 to 10.");
        ArgumentNullException.ThrowIfNull(Time);
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
            throw new ArgumentException(message);
    }
}

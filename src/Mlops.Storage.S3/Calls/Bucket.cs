using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Mlops.Storage.S3;

/// <summary>
/// The bucket under its prefix, as single requests: tried again while that may help, and with errors that say what to do. Keys
/// are relative to the prefix. Every body is signed with its SHA-256, which the server compares with what arrived.
/// </summary>
internal sealed partial class Bucket
{
    // the SDK's 8 KiB make a system call, and wake the server, for each 8 KiB of a body
    private const int SendBytes = 128 * 1024;

    private readonly S3ObjectStoreOptions _options;
    private readonly IAmazonS3 _client;
    private readonly string _prefix;
    private volatile bool _isThere;

    public Bucket(S3ObjectStoreOptions options)
    {
        _options = options;
        _prefix = options.Prefix.Length > 0 ? options.Prefix + "/" : "";
        _client = options.Client ?? CreateClient(options);
    }

    /// <summary>How long to wait for the next bytes of an answer.</summary>
    public TimeSpan Patience => _options.RequestTimeout;

    /// <summary>How often in a row to ask again for the rest of an answer.</summary>
    public int Retries => _options.Retries;

    public StorageUnavailableException Explain(Exception error, string key) => S3Trouble.Explain(error, key, _options);

    /// <summary>What is at a key; null for nothing.</summary>
    public async Task<Head?> FindAsync(string key, CancellationToken cancellationToken)
    {
        var request = new GetObjectMetadataRequest { BucketName = _options.Bucket, Key = _prefix + key };
        var head = await CallAsync(key, async () =>
        {
            try
            {
                return Head.Of(await _client.GetObjectMetadataAsync(request, cancellationToken).ConfigureAwait(false));
            }
            catch (AmazonServiceException e) when (e.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }
        }, cancellationToken).ConfigureAwait(false);
        if (head is null && !_isThere)
            await ListPageAsync(key, null, 1, cancellationToken).ConfigureAwait(false); // the answer to HEAD does not tell a missing bucket
        return head;
    }

    /// <summary>Opens a range; null if there is nothing at the key, too little, or something else than the condition wants.</summary>
    /// <param name="key">The key.</param>
    /// <param name="first">The first byte.</param>
    /// <param name="last">The last byte; null for the end.</param>
    /// <param name="etag">What the object must be; null for any.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<GetObjectResponse?> OpenAsync(string key, long first, long? last, string? etag, CancellationToken cancellationToken)
    {
        var request = new GetObjectRequest { BucketName = _options.Bucket, Key = _prefix + key, EtagToMatch = etag is null ? null : $"\"{etag}\"" };
        if (first > 0 || last is not null)
            request.ByteRange = new ByteRange(string.Create(CultureInfo.InvariantCulture, $"bytes={first}-{last}"));
        return CallAsync(key, async () =>
        {
            try
            {
                return await _client.GetObjectAsync(request, cancellationToken).ConfigureAwait(false);
            }
            catch (AmazonServiceException e)
                when (e.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.RequestedRangeNotSatisfiable || e is NoSuchKeyException)
            {
                return null;
            }
        }, cancellationToken);
    }

    /// <summary>Stores bytes unless the key is taken; with <paramref name="replaced"/>, only in the place of that. False if not.</summary>
    public Task<bool> TryPutAsync(string key, ArraySegment<byte> body, PutStamp stamp, string? replaced, CancellationToken cancellationToken) =>
        CallAsync(key, async () =>
        {
            var request = new PutObjectRequest
            {
                BucketName = _options.Bucket,
                Key = _prefix + key,
                InputStream = StreamOf(body),
                ContentType = "application/octet-stream",
                UseChunkEncoding = false,
                IfMatch = replaced,
                IfNoneMatch = replaced is null ? "*" : null,
            };
            stamp.Write(request.Metadata);
            try
            {
                await _client.PutObjectAsync(request, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (AmazonServiceException e) when (e.StatusCode == HttpStatusCode.PreconditionFailed || (replaced is not null && e.ErrorCode == "NoSuchKey"))
            {
                return false;
            }
        }, cancellationToken);

    /// <summary>Removes what is at a key, if anything.</summary>
    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        CallAsync(key, () => _client.DeleteObjectAsync(_options.Bucket, _prefix + key, cancellationToken), cancellationToken);

    /// <summary>Pages of keys that start with a text, in ordinal order.</summary>
    public async IAsyncEnumerable<List<Entry>> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? next = null;
        do
        {
            var page = await ListPageAsync(prefix, next, _options.PageSize, cancellationToken).ConfigureAwait(false);
            yield return [.. (page.S3Objects ?? []).Select(o => new Entry(o.Key[_prefix.Length..], o.Size ?? 0, Head.Time(o.LastModified)))];
            next = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (next is not null);
    }

    private async Task<ListObjectsV2Response> ListPageAsync(string prefix, string? next, int most, CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = _options.Bucket, Prefix = _prefix + prefix, ContinuationToken = next, MaxKeys = most };
        return await CallAsync(prefix, () => _client.ListObjectsV2Async(request, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private static MemoryStream StreamOf(ArraySegment<byte> body) => new(body.Array!, body.Offset, body.Count, writable: false);

    private async Task<T> CallAsync<T>(string what, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var result = await call().ConfigureAwait(false);
                _isThere |= result is not null;
                return result;
            }
            catch (Exception e) when (attempt < _options.Retries && S3Trouble.IsPassing(e) && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(S3Trouble.PauseBefore(e, attempt, Random.Shared.NextDouble(), _options.SlowDownPause), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (S3Trouble.IsOne(e))
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw S3Trouble.Explain(e, what, _options);
            }
        }
    }

    private static AmazonS3Client CreateClient(S3ObjectStoreOptions options)
    {
        var config = new AmazonS3Config
        {
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = options.Retries,
            Timeout = options.RequestTimeout,
            BufferSize = SendBytes,
            // a clock that is days ahead would take uploads of others for abandoned ones
            DisableClockSkewCorrection = true,
            ForcePathStyle = options.PathStyle ?? options.Endpoint is not null,
            // the bodies are signed with their SHA-256 anyway, and servers other than Amazon's stumble over more checksums
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (options.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.AbsoluteUri;
            config.AuthenticationRegion = options.Region ?? "us-east-1";
        }
        else if (options.Region is { } region)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }

        try
        {
            return new AmazonS3Client(config);
        }
        catch (AmazonClientException e)
        {
            throw new ArgumentException(
                $"The bucket '{options.Location}' has neither region nor endpoint; set AWS_REGION, or add ?region=… to its URI. ({e.Message})", e);
        }
    }

    /// <summary>A key in a listing.</summary>
    public readonly record struct Entry(string Key, long SizeBytes, DateTimeOffset Modified);
}

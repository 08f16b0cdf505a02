using System.Globalization;
using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.Internal;

namespace Mlops.Storage.S3;

/// <summary>Turns what the SDK and the server say into what the user can do about it.</summary>
internal static class S3Trouble
{
    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Errors of a call, whoever throws them: server, SDK, what carries its requests, or what finds the credentials, which throws
    /// what it likes.
    /// </summary>
    public static bool IsOne(Exception error) => error is not (MlopsException or ObjectDisposedException or OutOfMemoryException);

    /// <summary>True if the same request may well succeed soon and the SDK by itself does not send it again.</summary>
    public static bool IsPassing(Exception error) => error is AmazonServiceException
    {
        // 409 is another writer's conditional put in the middle; 405, or a bare 400, is Ceph's gateway, which takes the unread
        // body of a request that it refused for the beginning of the next one
        StatusCode: HttpStatusCode.Conflict or HttpStatusCode.TooManyRequests or HttpStatusCode.MethodNotAllowed,
    }
    or AmazonServiceException { StatusCode: HttpStatusCode.BadRequest, ErrorCode: "BadRequest" }
    or AmazonServiceException { ErrorCode: "XAmzContentSHA256Mismatch" or "BadDigest" or "RequestTimeout" };

    /// <summary>How long to wait before the next attempt.</summary>
    /// <param name="error">Passing.</param>
    /// <param name="attempt">How many failed before.</param>
    /// <param name="chance">0 to 1, so that many do not come back together.</param>
    /// <param name="slowDown">The most for the first attempt where the server asks for fewer requests; twice as much for each further.</param>
    public static TimeSpan PauseBefore(Exception error, int attempt, double chance, TimeSpan slowDown)
    {
        var isSlowDown = error is AmazonServiceException { StatusCode: HttpStatusCode.TooManyRequests };
        var most = (isSlowDown ? slowDown : ShortPause) * (1 << attempt);
        var pause = TimeSpan.FromMilliseconds(1) + ((most < LongestPause ? most : LongestPause) * chance);
        if (!isSlowDown || error.InnerException is not HttpErrorResponseException { Response: { } response })
            return pause;
        var asked = int.TryParse(response.GetHeaderValue("Retry-After"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(Math.Min(seconds, LongestPause.TotalSeconds))
            : TimeSpan.Zero;
        return asked > pause ? asked : pause;
    }

    public static StorageUnavailableException Explain(Exception error, string what, S3ObjectStoreOptions options)
    {
        var remedy = RepairOf(error, options.Bucket);
        var code = error is AmazonServiceException { ErrorCode: { Length: > 0 } name } ? name : error.Message.Split('\n')[0].TrimEnd('.', '\r');
        return new StorageUnavailableException(
            $"'{what}' could not be stored or read in '{options.Location}': {remedy ?? PassingRemedy(error)} ({code})", error)
        {
            NeedsRepair = remedy is not null,
        };
    }

    private static string PassingRemedy(Exception error) => error switch
    {
        AmazonServiceException { StatusCode: HttpStatusCode.TooManyRequests } or AmazonServiceException { ErrorCode: "SlowDown" } =>
            "the server asks for fewer requests; try again later.",
        AmazonServiceException { StatusCode: >= HttpStatusCode.InternalServerError } => "the server failed; try again later.",
        AmazonServiceException { StatusCode: not 0 } => "the server refuses the request; look up its code, then try again.",
        _ => "the server cannot be reached or does not answer; check endpoint and network, then try again.",
    };

    /// <summary>What somebody must correct first; null if waiting may help.</summary>
    private static string? RepairOf(Exception error, string bucket) => error switch
    {
        AmazonServiceException { ErrorCode: "NoSuchBucket" or "InvalidBucketName" } =>
            $"there is no bucket '{bucket}'; create it, or correct its name, the endpoint or the region.",
        AmazonServiceException { ErrorCode: "RequestTimeTooSkewed" } => "this machine's clock is wrong; set it.",
        AmazonServiceException { ErrorCode: "SignatureDoesNotMatch" or "InvalidAccessKeyId" or "ExpiredToken" or "InvalidToken" or "TokenRefreshRequired" } =>
            "the credentials are wrong or expired; correct what the AWS SDK finds: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the profile or the role.",
        AmazonServiceException { ErrorCode: "PermanentRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException" }
            or AmazonServiceException { StatusCode: HttpStatusCode.MovedPermanently } =>
            "the bucket is in another region; set the region.",
        AmazonServiceException { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } =>
            "access is denied; check the credentials, and give them the rights that docs/objects.md lists.",
        AmazonServiceException { ErrorCode: "InvalidRequest" } =>
            "the bucket wants something that is not sent, such as an MD5 where it locks each object by default; use another.",
        AmazonClientException when error.Message.Contains("credentials", StringComparison.OrdinalIgnoreCase) =>
            "the AWS SDK finds no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile or role.",
        AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException or OperationCanceledException => null,
        _ => "the AWS SDK fails, probably since it cannot get credentials; log in again, or correct the profile or role.",
    };
}

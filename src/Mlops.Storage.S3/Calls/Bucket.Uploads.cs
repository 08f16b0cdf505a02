using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3.Model;

namespace Mlops.Storage.S3;

internal sealed partial class Bucket
{
    public Task<Upload> BeginUploadAsync(string key, CancellationToken cancellationToken)
    {
        var request = new InitiateMultipartUploadRequest { BucketName = _options.Bucket, Key = _prefix + key, ContentType = "application/octet-stream" };
        var now = _options.Time.GetUtcNow();
        return CallAsync(key, async () =>
        {
            var begun = await _client.InitiateMultipartUploadAsync(request, cancellationToken).ConfigureAwait(false);
            return new Upload(key, begun.UploadId, now);
        }, cancellationToken);
    }

    /// <summary>Uploads to keys that start with a text and that were neither completed nor given up.</summary>
    public async IAsyncEnumerable<Upload> ListUploadsAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListMultipartUploadsRequest { BucketName = _options.Bucket, Prefix = _prefix + prefix, MaxUploads = _options.PageSize };
        ListMultipartUploadsResponse page;
        do
        {
            page = await CallAsync(prefix, () => _client.ListMultipartUploadsAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            foreach (var upload in page.MultipartUploads ?? [])
                yield return new Upload(upload.Key[_prefix.Length..], upload.UploadId, Head.Time(upload.Initiated));
            (request.KeyMarker, request.UploadIdMarker) = (page.NextKeyMarker, page.NextUploadIdMarker);
        }
        while (page.IsTruncated == true);
    }

    /// <summary>The parts that arrived; none if the upload is gone.</summary>
    public async Task<List<Part>> ListPartsAsync(Upload upload, CancellationToken cancellationToken)
    {
        var request = new ListPartsRequest { BucketName = _options.Bucket, Key = _prefix + upload.Key, UploadId = upload.Id };
        List<Part> parts = [];
        while (true)
        {
            var page = await CallAsync(upload.Key, async () =>
            {
                try
                {
                    return await _client.ListPartsAsync(request, cancellationToken).ConfigureAwait(false);
                }
                catch (AmazonServiceException e) when (e.ErrorCode is "NoSuchUpload" or "NoSuchKey")
                {
                    return new ListPartsResponse();
                }
            }, cancellationToken).ConfigureAwait(false);
            parts.AddRange((page.Parts ?? []).Select(p => new Part(p.PartNumber ?? 0, p.Size ?? 0, p.ETag, Head.Time(p.LastModified))));
            if (page.IsTruncated != true)
                return parts;
            request.PartNumberMarker = page.NextPartNumberMarker?.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Sends a part and gives its ETag.</summary>
    public Task<string> SendPartAsync(Upload upload, int number, ArraySegment<byte> body, CancellationToken cancellationToken) =>
        CallAsync(upload.Key, async () =>
        {
            var request = new UploadPartRequest
            {
                BucketName = _options.Bucket,
                Key = _prefix + upload.Key,
                UploadId = upload.Id,
                PartNumber = number,
                InputStream = StreamOf(body),
                PartSize = body.Count,
                UseChunkEncoding = false,
            };
            return (await _client.UploadPartAsync(request, cancellationToken).ConfigureAwait(false)).ETag;
        }, cancellationToken);

    /// <summary>
    /// Makes an object of the parts. What became of it is for the caller to look up: an answer that got lost makes the next
    /// attempt find no upload, and servers differ in what they say then.
    /// </summary>
    public Task CompleteUploadAsync(Upload upload, IEnumerable<PartETag> parts, CancellationToken cancellationToken) =>
        CallAsync(upload.Key, async () =>
        {
            var request = new CompleteMultipartUploadRequest
            {
                BucketName = _options.Bucket,
                Key = _prefix + upload.Key,
                UploadId = upload.Id,
                PartETags = [.. parts],
            };
            try
            {
                await _client.CompleteMultipartUploadAsync(request, cancellationToken).ConfigureAwait(false);
            }
            catch (AmazonServiceException e) when (e.ErrorCode is "NoSuchUpload" or "InvalidPart")
            {
                return false;
            }

            return true;
        }, cancellationToken);

    /// <summary>Gives an upload up and frees what its parts take.</summary>
    public Task AbortUploadAsync(Upload upload, CancellationToken cancellationToken) =>
        CallAsync(upload.Key, async () =>
        {
            try
            {
                await _client.AbortMultipartUploadAsync(_options.Bucket, _prefix + upload.Key, upload.Id, cancellationToken).ConfigureAwait(false);
            }
            catch (AmazonServiceException e) when (e.StatusCode == HttpStatusCode.NotFound)
            {
                return false;
            }

            return true;
        }, cancellationToken);
}

using Amazon.S3.Model;

namespace Mlops.Storage.S3;

/// <summary>What the server tells of a key.</summary>
/// <param name="SizeBytes">Of what is at the key itself, or of the range that was asked for.</param>
/// <param name="Modified">On the server's clock; for what was uploaded in parts Amazon tells when that began.</param>
/// <param name="ETag">Changes with the bytes; without quotes, which Ceph's gateway takes literally in the condition of a put.</param>
/// <param name="Stamp">What the put left; null for an object that somebody else made.</param>
internal sealed record Head(long SizeBytes, DateTimeOffset Modified, string ETag, PutStamp? Stamp)
{
    public static Head Of(GetObjectMetadataResponse response) =>
        new(response.ContentLength, Time(response.LastModified), response.ETag.Trim('"'), PutStamp.Read(response.Metadata));

    public static Head Of(GetObjectResponse response) =>
        new(response.ContentLength, Time(response.LastModified), response.ETag.Trim('"'), PutStamp.Read(response.Metadata));

    public static DateTimeOffset Time(DateTime? time) => new((time ?? default).ToUniversalTime());
}

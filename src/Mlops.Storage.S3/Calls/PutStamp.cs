using System.Globalization;
using System.Security.Cryptography;
using Amazon.S3.Model;

namespace Mlops.Storage.S3;

/// <summary>
/// Stands in the metadata of what a put stored, so that a put whose answer was lost can tell its own object from another's.
/// </summary>
/// <param name="Id">32 hex digits, of which the first 16 are those of the store's instance.</param>
/// <param name="LargeSizeBytes">Set on the marker of a large object: the size of the bytes, which are at a key with this id.</param>
internal readonly record struct PutStamp(string Id, long? LargeSizeBytes)
{
    private const string IdKey = "mlops-put";
    private const string SizeKey = "mlops-size";

    public static string NewInstance() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    public static PutStamp New(string instance) => new(instance + RandomNumberGenerator.GetHexString(16, lowercase: true), null);

    public static PutStamp? Read(MetadataCollection metadata) => metadata[IdKey] is { Length: 32 } id
        ? new PutStamp(id, long.TryParse(metadata[SizeKey], CultureInfo.InvariantCulture, out var size) ? size : null)
        : null;

    public void Write(MetadataCollection metadata)
    {
        metadata[IdKey] = Id;
        if (LargeSizeBytes is { } size)
            metadata[SizeKey] = size.ToString(CultureInfo.InvariantCulture);
    }
}

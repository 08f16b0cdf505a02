namespace Mlops.Storage.S3;

/// <summary>An object and where its bytes are.</summary>
/// <param name="Info">What callers see.</param>
/// <param name="Key">The key of the bytes.</param>
/// <param name="ETag">Set if the key may get other bytes one day, which then must not be mixed with these.</param>
internal sealed record StoredObject(ObjectInfo Info, string Key, string? ETag)
{
    public bool IsLarge => ETag is null;

    /// <summary>What the head at a name says; null for null.</summary>
    public static StoredObject? Of(ObjectName name, Head? head) => head switch
    {
        null => null,
        { Stamp: { LargeSizeBytes: { } size } stamp } => new(new ObjectInfo(name, size, head.Modified), LargeKey.Of(name, stamp.Id), null),
        _ => new(new ObjectInfo(name, head.SizeBytes, head.Modified), name.Value, head.ETag),
    };
}

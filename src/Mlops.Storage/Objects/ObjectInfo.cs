namespace Mlops.Storage;

/// <summary>An object in a listing.</summary>
/// <param name="Name">Its name.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
/// <param name="Created">When the store took it, on the store's clock.</param>
public sealed record ObjectInfo(ObjectName Name, long SizeBytes, DateTimeOffset Created);

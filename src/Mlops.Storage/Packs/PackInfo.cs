namespace Mlops.Storage;

/// <summary>A pack in a listing.</summary>
/// <param name="Name">Its name.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
/// <param name="Created">When the object store took it.</param>
internal readonly record struct PackInfo(Digest Name, long SizeBytes, DateTimeOffset Created);

namespace Mlops.Storage;

/// <summary>A pack in a listing.</summary>
/// <param name="Name">Its name.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
internal readonly record struct PackInfo(Digest Name, long SizeBytes);

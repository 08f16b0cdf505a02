namespace Mlops.Storage;

/// <summary>Content that is in the store.</summary>
/// <param name="Digest">Its SHA-256, by which it is read.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
public readonly record struct ContentInfo(Digest Digest, long SizeBytes);

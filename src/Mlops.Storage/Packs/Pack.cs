namespace Mlops.Storage;

/// <summary>A pack that can be stored.</summary>
/// <param name="Name">Its name, the SHA-256 of its footer.</param>
/// <param name="Bytes">All of it.</param>
/// <param name="Entries">What it holds.</param>
internal sealed record Pack(Digest Name, ArraySegment<byte> Bytes, IReadOnlyList<PackEntry> Entries);

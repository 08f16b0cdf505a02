namespace Mlops.Storage;

/// <summary>
/// The state of all chains at one instant, to be kept outside the store: verification proves that nothing up to it was changed
/// since.
/// </summary>
/// <param name="Position">The feed position up to which it speaks.</param>
/// <param name="Root">
/// SHA-256 over the heads at that position: for each record in ascending order of id, id (16 bytes), sequence (8 bytes,
/// little-endian) and hash (32 bytes) of its last entry.
/// </param>
public sealed record Checkpoint(long Position, Digest Root);

namespace Mlops.Storage;

/// <summary>One entry in the footer of a pack.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Codec">How it is stored.</param>
/// <param name="Digest">The SHA-256 of the chunk or content; for a manifest that of the content it lists.</param>
/// <param name="Offset">Where its stored bytes begin in the pack.</param>
/// <param name="Length">How many bytes are stored.</param>
/// <param name="SizeBytes">How many bytes they stand for.</param>
/// <param name="ContentBytes">The size of the content that a manifest lists; otherwise <paramref name="SizeBytes"/>.</param>
internal readonly record struct PackEntry(
    PackEntryKind Kind, PackCodec Codec, Digest Digest, int Offset, int Length, int SizeBytes, long ContentBytes);

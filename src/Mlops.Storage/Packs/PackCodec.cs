namespace Mlops.Storage;

/// <summary>How the bytes of a pack's entry are stored.</summary>
internal enum PackCodec : byte
{
    /// <summary>As they are.</summary>
    None = 0,

    /// <summary>As one frame of Zstandard (RFC 8878).</summary>
    Zstd = 1,
}

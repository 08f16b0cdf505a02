namespace Mlops.Storage;

/// <summary>What an entry of a pack is.</summary>
internal enum PackEntryKind : byte
{
    /// <summary>A part of contents; its digest is that of the part.</summary>
    Chunk = 1,

    /// <summary>A whole content.</summary>
    Content = 2,

    /// <summary>The list of the chunks of a content, whose digest it has.</summary>
    Manifest = 3,
}

namespace Mlops.Storage;

/// <summary>How content becomes a file.</summary>
public sealed record MaterializeOptions
{
    /// <summary>
    /// Keeps each content once more as a whole file in this folder, from which the next files of it are made: as clones that share
    /// their blocks where the file system can (Btrfs, XFS, APFS, ReFS) and the folder is on that of the files, else as copies. Null, the
    /// default, keeps nothing and clones nothing: each file is written anew. Whoever empties the folder loses nothing.
    /// </summary>
    public string? CacheFolder { get; init; }

    /// <summary>
    /// Makes files as hard links to those in <see cref="CacheFolder"/>, which costs no space on any file system. Whoever makes
    /// such a file writable and writes to it changes all of them; that is found and put right at the next use. False by default.
    /// </summary>
    public bool UsesHardLinks { get; init; }

    /// <exception cref="ArgumentException">Hard links have nothing to link to.</exception>
    internal void Validate()
    {
        if (UsesHardLinks && CacheFolder is null)
            throw new ArgumentException($"{nameof(UsesHardLinks)} needs a {nameof(CacheFolder)}, on the file system of the files.", nameof(UsesHardLinks));
    }
}

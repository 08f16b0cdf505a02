namespace Mlops.Storage;

/// <summary>What a backend writes after an append: the full chunks, which never change again, and the open tail.</summary>
/// <param name="Summary">The summary of the whole series.</param>
/// <param name="Full">Full chunks, in order, to be added behind those that are stored.</param>
/// <param name="Tail">The open chunk that takes the place of the stored tail; null if nothing is left over.</param>
public sealed record SeriesGrowth(SeriesSummary Summary, IReadOnlyList<SeriesChunk> Full, SeriesChunk? Tail)
{
    /// <summary>
    /// True if the stored tail is damaged. It then becomes a chunk of its own, as it is, before <see cref="Full"/>: whoever
    /// reads it learns of the damage, and the points that come after it are not held up.
    /// </summary>
    public bool SetsTailAside { get; init; }
}

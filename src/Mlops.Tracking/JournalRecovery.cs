using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>What was found in the journal that a dead writer left, and moved into the store.</summary>
/// <param name="Writer">The writer.</param>
/// <param name="Points">Points that were not in the store yet.</param>
/// <param name="Holes">Empty slots before valid ones: reserved by threads that died before they wrote, so never acknowledged.</param>
/// <param name="DamagedSlots">Slots whose content is lost: they held what no writer wrote, or were kept in memory because no file could be had.</param>
/// <param name="DamagedSegments">Segment files whose header or length is damaged.</param>
/// <param name="Rejected">Points and batches that could not be taken because their run or definition is gone.</param>
public sealed record JournalRecovery(
    RecordId Writer, long Points, long Holes, long DamagedSlots, long DamagedSegments, long Rejected)
{
    /// <summary>
    /// True if the writer died while its journal stood in memory, because no file could be had: what it logged last, up to the
    /// drain interval, is lost.
    /// </summary>
    public bool EndedInMemory { get; init; }

    /// <summary>
    /// Contents that this machine's disk has damaged while they waited beside the journal. Runs may name them, and the store does not
    /// have them, unless they were stored otherwise; what is left of each is in the folder <c>damaged</c> beside the journals.
    /// </summary>
    public long DamagedContents { get; init; }
}

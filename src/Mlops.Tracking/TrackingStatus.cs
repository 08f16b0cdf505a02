namespace Mlops.Tracking;

/// <summary>How far the store is behind what was logged.</summary>
/// <param name="PendingSlots">Journal slots of 24 bytes that are not in the store yet; a point is one, a batch several.</param>
/// <param name="JournalBytes">Bytes of journal files on disk.</param>
/// <param name="JournalBoundBytes">Most of them; once there are so many, points wait up to 100 ms and are then dropped and counted.</param>
/// <param name="DroppedPoints">Points that found no room, over all runs of this client.</param>
/// <param name="CaughtUp">When the store last had all that was logged by then; null if it never had.</param>
/// <param name="Cause">Why the store took nothing at the last try, or that it was not reached yet; null if it is there.</param>
public sealed record TrackingStatus(
    long PendingSlots, long JournalBytes, long JournalBoundBytes, long DroppedPoints, DateTimeOffset? CaughtUp, Exception? Cause)
{
    /// <summary>Whether the store was reached and took what it was given at the last try.</summary>
    public bool IsStoreThere => Cause is null;
}

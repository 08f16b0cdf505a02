namespace Mlops.Tracking;

/// <summary>What waiting for the store came to.</summary>
/// <param name="IsDurable">
/// True if everything logged before the call is in the store, durable and queryable; false for good once something was dropped or
/// refused.
/// </param>
/// <param name="Pending">
/// If not, how many journal slots (about one per point) still wait. They stay in the journal, and this or the next client moves
/// them. Where no file was to be had some stand in memory, which is written out when the client is disposed, and which a crash loses.
/// </param>
/// <param name="DroppedPoints">How many points this client had to drop so far.</param>
/// <param name="Refused">
/// How many points, batches and contents are lost, because the store refused them for good (their run was purged for example),
/// because even the journal's reserve had no room for a batch, or because a content was damaged while it waited for the object
/// store; the log says which.
/// </param>
/// <param name="Cause">The store's last error while something waits; null if it is only slow.</param>
public sealed record FlushReport(bool IsDurable, long Pending, long DroppedPoints, long Refused, Exception? Cause);

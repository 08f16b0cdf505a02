using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>The journal of one client on this machine.</summary>
/// <param name="Writer">The client.</param>
/// <param name="Bytes">Bytes of its files.</param>
/// <param name="IsPerhapsAlive">False if the client is gone for certain; then the next open moves what is in it into the store.</param>
public sealed record JournalFolder(RecordId Writer, long Bytes, bool IsPerhapsAlive);

namespace Mlops.Storage;

/// <summary>A small keyed value that is not audited: a lease, a heartbeat, a position.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Value">Its bytes.</param>
/// <param name="Version">Changes with every write and is never used twice for one key.</param>
/// <param name="Owner">The record it belongs to.</param>
/// <param name="Expires">When it ceases to exist, on the store's clock.</param>
public sealed record Cell(string Key, ReadOnlyMemory<byte> Value, long Version, RecordId? Owner, DateTimeOffset? Expires);

namespace Mlops.Storage.PostgreSql;

/// <summary>A cell that the transaction writes; null as <paramref name="Value"/> deletes it.</summary>
internal sealed record PendingCell(byte[]? Value, long Version, RecordId? Owner, long? Expires);

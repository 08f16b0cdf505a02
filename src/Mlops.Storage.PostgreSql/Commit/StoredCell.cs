namespace Mlops.Storage.PostgreSql;

/// <summary>A cell as a transaction found it.</summary>
internal sealed record StoredCell(long Version, RecordId? Owner, long? Expires);

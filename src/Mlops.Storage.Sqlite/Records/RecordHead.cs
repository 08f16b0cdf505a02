namespace Mlops.Storage.Sqlite;

/// <summary>What every answer says of a record.</summary>
internal readonly record struct RecordHead(
    long Number, RecordId Id, string Kind, string? Key, long Revision, long Created, string? Sealed, bool Purged);

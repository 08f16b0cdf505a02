namespace Mlops.Storage;

/// <summary>Writes or deletes one cell.</summary>
public sealed record CellWrite
{
    /// <summary>The key, 1 to 300 characters, for example <c>lease/writer/…</c>.</summary>
    public required string Key { get; init; }

    /// <summary>The new value, or null to delete the cell.</summary>
    public ReadOnlyMemory<byte>? Value { get; init; }

    /// <summary>The record this cell belongs to; purging the record deletes the cell.</summary>
    public RecordId? Owner { get; init; }

    /// <summary>How long the cell lives on the store's clock; null for ever. An expired cell is absent.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>
    /// The version that the cell must have now, 0 if it must be absent, null for whatever it has. If it does not hold, the
    /// whole batch fails with <see cref="ConflictException"/>.
    /// </summary>
    public long? ExpectedVersion { get; init; }
}

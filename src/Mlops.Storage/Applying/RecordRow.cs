namespace Mlops.Storage;

/// <summary>
/// A record as a commit changes it: what a backend keeps of it beside body, fields and series. <see cref="BatchApplier"/> makes
/// one for a new record and changes those that the backend found; the backend writes what it is told to.
/// </summary>
public sealed class RecordRow
{
    internal RecordRow()
    {
    }

    /// <summary>The backend's own number for the record, from <see cref="IBatchTables.NextRecordNumber"/>; 0 where it needs none.</summary>
    public required long Number { get; init; }

    /// <summary>The identity.</summary>
    public required RecordId Id { get; init; }

    /// <summary>The kind.</summary>
    public required string Kind { get; init; }

    /// <summary>The unique name inside the kind, or null.</summary>
    public string? Key { get; internal set; }

    /// <summary>0 for a record that is not stored yet, then 1 and one more with each change.</summary>
    public long Revision { get; internal set; }

    /// <summary>The commit that made it, in microseconds since 1970 UTC.</summary>
    public required long Created { get; init; }

    /// <summary>What is frozen, one pattern per line; null while the record is open.</summary>
    public string? Sealed { get; internal set; }

    /// <summary>True for a tombstone.</summary>
    public bool Purged { get; internal set; }

    /// <summary>The number of the last entry of its chain.</summary>
    public long Sequence { get; internal set; }

    /// <summary>The hash of the last entry of its chain.</summary>
    public Digest Head { get; internal set; }

    /// <summary>Not stored yet: nothing can belong to it.</summary>
    public bool IsNew { get; internal set; }

    /// <summary>Made by the running transaction, so that nothing of an earlier one can belong to it.</summary>
    public bool IsOfTransaction { get; init; }

    /// <summary>Makes the row of a record that is stored.</summary>
    /// <param name="number">The backend's own number.</param>
    /// <param name="id">The identity.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="key">The unique name, or null.</param>
    /// <param name="revision">The revision.</param>
    /// <param name="created">When it was created, in microseconds.</param>
    /// <param name="seal">What is frozen, or null.</param>
    /// <param name="purged">True for a tombstone.</param>
    /// <param name="sequence">The number of the last log entry.</param>
    /// <param name="head">The hash of the last log entry.</param>
    public static RecordRow Stored(
        long number, RecordId id, string kind, string? key, long revision, long created, string? seal, bool purged, long sequence, Digest head) =>
        new()
        {
            Number = number,
            Id = id,
            Kind = kind,
            Key = key,
            Revision = revision,
            Created = created,
            Sealed = seal,
            Purged = purged,
            Sequence = sequence,
            Head = head,
        };
}

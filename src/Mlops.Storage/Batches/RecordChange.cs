namespace Mlops.Storage;

/// <summary>What a batch does to one record; one entry in the record's log chain, or none if it changes nothing.</summary>
public sealed record RecordChange
{
    /// <summary>The record; for <see cref="ChangeMode.Ensure"/> the id it gets if it does not exist. Not empty.</summary>
    public required RecordId Id { get; init; }

    /// <summary>The kind, 1 to 50 lower-case letters, digits, <c>-</c> or <c>_</c>. Must match that of an existing record.</summary>
    public required string Kind { get; init; }

    /// <summary>Whether the record is expected to exist.</summary>
    public required ChangeMode Mode { get; init; }

    /// <summary>What happened, in the field's words, for example <c>run.started</c>; at most 100 characters.</summary>
    public required string Action { get; init; }

    /// <summary>The unique name inside the kind; required for <see cref="ChangeMode.Ensure"/>, ignored for updates.</summary>
    public string? Key { get; init; }

    /// <summary>The client's clock when it happened, for the log; null if that is the batch's.</summary>
    public DateTimeOffset? ClientTime { get; init; }

    /// <summary>The new body as exact UTF-8, or null to leave it.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>Writes to fields, applied in order.</summary>
    public IReadOnlyList<FieldWrite> Fields { get; init; } = [];

    /// <summary>Numbers to allocate into fields of this record.</summary>
    public IReadOnlyList<Allocation> Allocations { get; init; } = [];

    /// <summary>
    /// Seals the record after this change: its body and the named fields never change again. A name that ends in <c>*</c>
    /// names all fields with that prefix, present or not. Null does not seal.
    /// </summary>
    public IReadOnlyList<string>? Seal { get; init; }

    /// <summary>
    /// Removes body, fields, series and conflicts for good, sealed or not, and leaves a tombstone with the log chain. The key
    /// becomes free.
    /// </summary>
    public bool Purge { get; init; }
}

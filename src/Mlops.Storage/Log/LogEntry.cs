namespace Mlops.Storage;

/// <summary>
/// One entry in the chain of a record: what happened, when, by whom, over which salted digests, after which entry. The bytes
/// that are hashed are defined by <see cref="LogEntryCodec"/>.
/// </summary>
public sealed record LogEntry
{
    /// <summary>The record.</summary>
    public required RecordId Record { get; init; }

    /// <summary>1 for the first entry of the record, then dense.</summary>
    public required long Sequence { get; init; }

    /// <summary>What happened, for example <c>run.started</c>.</summary>
    public required string Action { get; init; }

    /// <summary>Who did it, as the client claimed.</summary>
    public required string Actor { get; init; }

    /// <summary>The store's clock at the commit, microseconds since 1970 UTC.</summary>
    public required long CommitTime { get; init; }

    /// <summary>The client's clock, microseconds since 1970 UTC.</summary>
    public required long ClientTime { get; init; }

    /// <summary>Salted digests of what changed, in the order of the change (see <see cref="LogEntryCodec.ItemDigest"/>).</summary>
    public required IReadOnlyList<Digest> Items { get; init; }

    /// <summary>Hash of the record's entry before, or empty for the first.</summary>
    public required Digest Previous { get; init; }
}

namespace Mlops.Storage;

/// <summary>What brings some records of the target, as they were read, to their state in the source; counts once it is committed.</summary>
internal sealed class CopyPlan
{
    public List<RecordChange> Changes { get; } = [];

    /// <summary>One per record that changes: what the target has must still be what was looked at.</summary>
    public List<Precondition> Preconditions { get; } = [];

    /// <summary>What must be stored before, and what names it.</summary>
    public List<(Digest Digest, string What)> Contents { get; } = [];

    public Dictionary<RecordId, RecordId> Mapped { get; } = [];

    public List<string> Differences { get; } = [];

    public List<OverwrittenField> Overwritten { get; } = [];

    public long Seen { get; set; }
}

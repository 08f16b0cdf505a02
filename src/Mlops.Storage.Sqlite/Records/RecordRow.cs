namespace Mlops.Storage.Sqlite;

/// <summary>A row of the table records, as a commit changes it.</summary>
internal sealed class RecordRow
{
    public required long Rec { get; init; }

    public required RecordId Id { get; init; }

    public required long Kind { get; init; }

    public string? Key { get; set; }

    public long Revision { get; set; }

    public required long Created { get; init; }

    public SealPatterns? Sealed { get; set; }

    public bool Purged { get; set; }

    public long Sequence { get; set; }

    public Digest Head { get; set; }

    /// <summary>Not in the database yet.</summary>
    public bool IsNew { get; set; }

    /// <summary>Made by the running transaction, so that nothing else can belong to it yet.</summary>
    public bool IsOfTransaction { get; init; }
}

namespace Mlops.Storage;

/// <summary>
/// The only way to write: one closed value that commits as a whole or not at all. Changes apply in order, then series appends,
/// then cells; preconditions are checked first, against the state before the batch.
/// </summary>
public sealed record Batch
{
    /// <summary>Who did it, as the client claims; goes into the log. At most 200 characters.</summary>
    public required string Actor { get; init; }

    /// <summary>The client's clock, kept beside the store's in the log.</summary>
    public required DateTimeOffset ClientTime { get; init; }

    /// <summary>Makes the batch idempotent; null for a batch that may be applied again when sent again.</summary>
    public BatchKey? Key { get; init; }

    /// <summary>What must hold. Batches from a journal carry none, so that none can block those behind it.</summary>
    public IReadOnlyList<Precondition> Preconditions { get; init; } = [];

    /// <summary>Changes to records, in order.</summary>
    public IReadOnlyList<RecordChange> Changes { get; init; } = [];

    /// <summary>Points for series. They leave no entry in the log.</summary>
    public IReadOnlyList<SeriesAppend> Appends { get; init; } = [];

    /// <summary>Writes to cells. They leave no entry in the log.</summary>
    public IReadOnlyList<CellWrite> Cells { get; init; } = [];
}

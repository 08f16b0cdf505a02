namespace Mlops.Storage;

/// <summary>
/// Makes a batch idempotent. The store keeps the highest sequence of each writer, with its result, in the same commit: a batch
/// that is sent again is not applied again.
/// </summary>
/// <param name="Writer">Who sends; a fresh id per opened client.</param>
/// <param name="Sequence">Grows with every batch of the writer; gaps are fine. At least 1.</param>
/// <param name="Follows">
/// The highest sequence that the sender knows to be in the store, 0 for none: the store refuses the batch if it has another by
/// now, such as one that a killed process had on its way. Null for no such check.
/// </param>
public readonly record struct BatchKey(RecordId Writer, long Sequence, long? Follows = null);

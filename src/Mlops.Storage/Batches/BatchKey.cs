namespace Mlops.Storage;

/// <summary>
/// Makes a batch idempotent. The store keeps the highest sequence of each writer, with its result, in the same commit: a batch
/// that is sent again is not applied again.
/// </summary>
/// <param name="Writer">Who sends; a fresh id per opened client.</param>
/// <param name="Sequence">Grows with every batch of the writer; gaps are fine. At least 1.</param>
public readonly record struct BatchKey(RecordId Writer, long Sequence);

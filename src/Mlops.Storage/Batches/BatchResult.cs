namespace Mlops.Storage;

/// <summary>What a committed batch did.</summary>
/// <param name="Repeated">
/// True if the batch had been committed before. The rest then repeats the first result if this was the writer's highest
/// sequence, and is empty for an older one.
/// </param>
/// <param name="Changes">One result per change, in order.</param>
/// <param name="Conflicts">Second values of write-once fields that this batch brought.</param>
public sealed record BatchResult(
    bool Repeated, IReadOnlyList<ChangeResult> Changes, IReadOnlyList<FieldConflict> Conflicts);

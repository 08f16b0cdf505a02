namespace Mlops.Storage;

/// <summary>What a copy did. What was in the target already is not counted.</summary>
/// <param name="Records">Records created or changed.</param>
/// <param name="Points">Points appended.</param>
/// <param name="Objects">Objects stored.</param>
/// <param name="ObjectBytes">Their bytes.</param>
/// <param name="Mapped">
/// Records whose key the target has under another id, by their id in the source. The target's record stays as it is, and what
/// referred to the source's now refers to it.
/// </param>
/// <param name="Differences">What could not be made the same, each with record and reason; empty if the target has everything.</param>
public sealed record CopyReport(
    long Records, long Points, long Objects, long ObjectBytes, IReadOnlyDictionary<RecordId, RecordId> Mapped, IReadOnlyList<string> Differences)
{
    /// <summary>
    /// What differed in records that were changed in both stores since the copy before, and has the source's state now: the changes
    /// of the target are still in its log, but their values are gone. If the source was restored from a backup since, what differed
    /// in any record.
    /// </summary>
    public IReadOnlyList<OverwrittenField> Overwritten { get; init; } = [];

    /// <summary>The figures, then one line per difference and per field that was overwritten.</summary>
    public override string ToString() => string.Join('\n', (IEnumerable<string>)[
        $"{Records} records, {Points} points, {Objects} objects ({ObjectBytes} bytes) copied; "
        + $"{Mapped.Count} mapped, {Differences.Count} different, {Overwritten.Count} overwritten",
        .. Differences, .. Overwritten.Select(o => o.ToString())]);
}

namespace Mlops.Storage;

/// <summary>What a collection of garbage found and did; in a dry run, would have done.</summary>
/// <param name="IsDryRun">Whether it only looked.</param>
/// <param name="LiveContents">Contents that records or series name.</param>
/// <param name="LiveChunks">Chunks that these contents consist of.</param>
/// <param name="Condemned">Contents and chunks that this run was the first to find without a name.</param>
/// <param name="Deleted">Contents and chunks that were deleted.</param>
/// <param name="FreedBytes">Bytes of objects that were deleted; those of contents that this run deletes follow in a later one.</param>
/// <param name="RewrittenBytes">Bytes of packs, mostly dead or very small, whose live parts were packed anew; they are freed later.</param>
/// <param name="Items">Contents and objects that are garbage, at most 1,000 of them; chunks are not listed one by one.</param>
public sealed record GarbageReport(
    bool IsDryRun,
    long LiveContents,
    long LiveChunks,
    long Condemned,
    long Deleted,
    long FreedBytes,
    long RewrittenBytes,
    IReadOnlyList<GarbageItem> Items)
{
    /// <summary>The figures, then one line per item.</summary>
    public override string ToString() => string.Join('\n', (IEnumerable<string>)[
        $"{(IsDryRun ? "Dry run: " : "")}{LiveContents} contents ({LiveChunks} chunks) in use; {Condemned} condemned, {Deleted} deleted, "
        + $"{FreedBytes} bytes freed, {RewrittenBytes} bytes packed anew; {Items.Count} items",
        .. Items.Select(i => i.ToString())]);
}

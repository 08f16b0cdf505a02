namespace Mlops.Metadata;

/// <summary>Some runs of an answer.</summary>
/// <param name="Runs">The runs in order.</param>
/// <param name="Next">The cursor of the next page, or null at the end.</param>
public sealed record RunPage(IReadOnlyList<Run> Runs, string? Next);

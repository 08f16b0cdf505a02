namespace Mlops.Metadata;

/// <summary>The ids of some runs of an answer.</summary>
/// <param name="Ids">The ids in order.</param>
/// <param name="Next">The cursor of the next page, or null at the end.</param>
public sealed record RunIdPage(IReadOnlyList<RunId> Ids, string? Next);

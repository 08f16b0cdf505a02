namespace Mlops.Metadata;

/// <summary>Some experiments of an answer.</summary>
/// <param name="Experiments">The experiments in order.</param>
/// <param name="Next">The cursor of the next page, or null at the end.</param>
public sealed record ExperimentPage(IReadOnlyList<Experiment> Experiments, string? Next);

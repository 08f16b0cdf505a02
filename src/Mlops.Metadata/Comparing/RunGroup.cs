namespace Mlops.Metadata;

/// <summary>Runs that agree in the fields they were grouped by.</summary>
/// <param name="Key">The texts that they share, in the order of the fields; null where they have none.</param>
/// <param name="Count">How many runs.</param>
/// <param name="Aggregates">What was asked of them, in the order of the fields.</param>
public sealed record RunGroup(IReadOnlyList<string?> Key, long Count, IReadOnlyList<FieldAggregate> Aggregates);

namespace Mlops.Metadata;

/// <summary>What a rule that watched a run found.</summary>
/// <param name="Rule">The rule's name, such as <c>early_stopping:val_auc</c>.</param>
/// <param name="Reason">What was wrong, for people.</param>
/// <param name="Step">The step of the point at which it was found; null if no point was the cause.</param>
/// <param name="Time">When, by the clock of the run's process, UTC.</param>
public sealed record WatchFinding(string Rule, string Reason, long? Step, DateTimeOffset Time);

namespace Mlops.Metadata;

/// <summary>A metric of the runs, side by side.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Goal">Which way it is better.</param>
/// <param name="Source">How that is known.</param>
/// <param name="Values">The compared number of each run, in the order of the comparison; null where a run lacks the metric.</param>
/// <param name="Best">The runs that have the best number, by their place in the comparison; none if it is not known which way is
/// better. NaN is never best; an infinity may be.</param>
public sealed record ComparedMetric(
    string Key, MetricGoal Goal, GoalSource Source, IReadOnlyList<double?> Values, IReadOnlyList<int> Best);

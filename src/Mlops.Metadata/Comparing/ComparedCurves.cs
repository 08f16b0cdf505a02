namespace Mlops.Metadata;

/// <summary>The curves of one metric on one axis.</summary>
/// <param name="Metric">The key of the metric.</param>
/// <param name="Axis">What the positions are.</param>
/// <param name="Runs">One curve for each run of the comparison, in its order, by position; empty where a run lacks the metric.</param>
public sealed record ComparedCurves(string Metric, CurveAxis Axis, IReadOnlyList<IReadOnlyList<CurveCell>> Runs);

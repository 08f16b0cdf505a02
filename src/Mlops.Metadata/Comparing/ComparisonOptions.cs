namespace Mlops.Metadata;

/// <summary>How runs are compared.</summary>
public sealed record ComparisonOptions
{
    /// <summary>Which number of each metric is compared; the last by default.</summary>
    public MetricValue Value { get; init; } = MetricValue.Last;

    /// <summary>
    /// Which way metrics are better, by key. For others the goals of the experiments count, then the name: a word of it such as
    /// loss, error, rmse, mae, mse or perplexity means smaller, one such as accuracy, auc, f1, precision or score larger. Where the
    /// name says nothing, no run is marked as the best.
    /// </summary>
    public IReadOnlyDictionary<string, MetricGoal> Goals { get; init; } = new Dictionary<string, MetricGoal>();

    /// <summary>The metrics whose curves are read; none by default, because each curve of each run is a query.</summary>
    public IReadOnlyList<string> Curves { get; init; } = [];

    /// <summary>Along what the curves are laid; by step by default.</summary>
    public CurveAxis Axis { get; init; } = CurveAxis.Step;

    /// <summary>Into how many cells a curve is brought at most, 2 to 100,000.</summary>
    public int Cells { get; init; } = 400;
}

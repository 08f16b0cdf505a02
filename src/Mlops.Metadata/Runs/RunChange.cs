namespace Mlops.Metadata;

/// <summary>What is new of a run since the change before.</summary>
/// <param name="Run">The run as it is now: status, name, notes; with the metrics that it logged itself.</param>
/// <param name="Params">Parameters that are new.</param>
/// <param name="Tags">Tags that are new or have another value; null for one that was removed.</param>
/// <param name="Points">New points by metric, in order of arrival.</param>
public sealed record RunChange(
    Run Run,
    IReadOnlyDictionary<string, string> Params,
    IReadOnlyDictionary<string, string?> Tags,
    IReadOnlyDictionary<string, IReadOnlyList<MetricPoint>> Points);

namespace Mlops.Benchmarks.Search;

/// <summary>A run of the search figures; metrics and parameters are named by <see cref="SearchData"/>.</summary>
internal sealed record SearchRun(Mlops.Metadata.RunId Id, DateTimeOffset Start, double[] Metrics, string[] Params);

namespace Mlops.MLflow;

/// <summary>How an MLflow store is imported.</summary>
public sealed record MlflowImportOptions
{
    /// <summary>
    /// Where artifact locations are now: the beginning of a location in the store, such as <c>/srv/mlflow</c>, <c>s3://bucket</c>
    /// or <c>C:\mlruns</c>, and the local folder that stands for it. The longest one that fits counts; none by default.
    /// </summary>
    public IReadOnlyDictionary<string, string> ArtifactRoots { get; init; } = new Dictionary<string, string>();
}

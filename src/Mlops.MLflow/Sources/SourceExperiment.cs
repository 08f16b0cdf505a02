namespace Mlops.MLflow;

internal sealed record SourceExperiment(
    string Id, string Name, bool IsDeleted, string? ArtifactLocation, IReadOnlyDictionary<string, string> Tags, string Place);

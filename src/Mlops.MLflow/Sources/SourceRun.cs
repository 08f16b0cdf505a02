using Mlops.Metadata;

namespace Mlops.MLflow;

internal sealed record SourceRun
{
    public required RunId Id { get; init; }

    public required string ExperimentId { get; init; }

    public required string Name { get; init; }

    public required RunStatus Status { get; init; }

    public required DateTimeOffset? Start { get; init; }

    public required DateTimeOffset? End { get; init; }

    public required bool IsDeleted { get; init; }

    public required string? ArtifactUri { get; init; }

    public required IReadOnlyDictionary<string, string> Params { get; init; }

    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    public required string Place { get; init; }

    /// <summary>The folder of the run in a file store.</summary>
    public string? Folder { get; init; }
}

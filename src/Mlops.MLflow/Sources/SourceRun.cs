using Mlops.Metadata;

namespace Mlops.MLflow;

internal sealed record SourceRun
{
    public required RunId Id { get; init; }

    /// <summary>The id as MLflow writes it.</summary>
    public required string Text { get; init; }

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

    public SourceFiles Files => new(Id, Text, "", ArtifactUri, Folder is null ? null : Path.Combine(Folder, "artifacts"), Place);

    /// <summary>A run from what MLflow says of it, by the names of columns; those of <c>meta.yaml</c> are much the same.</summary>
    public static SourceRun Read(
        RunId id,
        string text,
        string experiment,
        Func<string, string?> find,
        Dictionary<string, string> parameters,
        Dictionary<string, string> tags,
        string place,
        Tally tally)
    {
        foreach (var (column, key) in new[] { ("user_id", "mlflow.user"), ("source_name", "mlflow.source.name"), ("source_version", "mlflow.source.git.commit") })
        {
            if (find(column) is { Length: > 0 } value)
                tags.TryAdd(key, value);
        }

        if (MlflowText.Status(find("status")) is not { } status)
        {
            tally.Report(place, $"The status '{find("status")}' is not one of MLflow; the run is taken as failed.");
            status = RunStatus.Failed;
        }

        return new SourceRun
        {
            Id = id,
            Text = text,
            ExperimentId = experiment,
            Name = MlflowText.RunName(find("run_name") ?? find("name"), tags, id),
            Status = status,
            Start = Time("start_time"),
            End = Time("end_time"),
            IsDeleted = find("lifecycle_stage") == "deleted",
            ArtifactUri = find("artifact_uri"),
            Params = parameters,
            Tags = tags,
            Place = place,
        };

        DateTimeOffset? Time(string column)
        {
            var milliseconds = find(column);
            if (MlflowText.Time(milliseconds) is { } time)
                return time;
            if (milliseconds is { Length: > 0 })
                tally.Report(place, $"The {column} '{milliseconds}' is no time in milliseconds; the run has none.");
            return null;
        }
    }
}

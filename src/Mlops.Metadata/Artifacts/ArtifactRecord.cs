using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>How an artifact is laid down as a record: sealed at once, so that what a run produced cannot change under it.</summary>
public static class ArtifactRecord
{
    /// <summary>The kind of the record.</summary>
    public const string Kind = "artifact";

    internal const string Run = "run";
    internal const string Path = "path";
    internal const string Content = "content";
    internal const string Size = "size";
    internal const string Step = "made_by";
    internal const string CheckpointKey = "checkpoint";
    internal const string CheckpointStep = "step";
    internal const string CheckpointScore = "score";
    internal const string CheckpointGoal = "goal";
    internal const string Minimize = "minimize";

    private static readonly string[] Frozen = [Run, Path, Content, Size, Step];
    private static readonly string[] FrozenCheckpoint = [.. Frozen, CheckpointKey, CheckpointStep, CheckpointScore, CheckpointGoal];

    /// <summary>The change that records a logged file, whose content is stored already.</summary>
    /// <param name="id">The new artifact.</param>
    /// <param name="run">The run it belongs to.</param>
    /// <param name="path">Its logical path.</param>
    /// <param name="content">What it holds.</param>
    /// <param name="step">The step of the run's pipeline that made it, or null.</param>
    public static RecordChange Logged(ArtifactId id, RunId run, ArtifactPath path, ContentInfo content, StepId? step = null)
    {
        return new RecordChange
        {
            Id = id.Value,
            Kind = Kind,
            Mode = ChangeMode.Create,
            Action = "artifact.logged",
            Fields =
            [
                FieldWrite.Set(Run, FieldValue.Reference(run.Value)),
                FieldWrite.Set(Path, FieldValue.Text(path.Value)),
                FieldWrite.Set(Content, FieldValue.Digest(content.Digest)),
                FieldWrite.Set(Size, FieldValue.Number(content.SizeBytes)),
                .. step is { } by ? [FieldWrite.Set(Step, FieldValue.Reference(by.Value))] : Array.Empty<FieldWrite>(),
            ],
            Seal = Frozen,
        };
    }

    /// <summary>The change that records a checkpoint, whose content is stored already.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="step">The step of the run's pipeline that made it, or null.</param>
    public static RecordChange Checkpointed(ModelCheckpoint checkpoint, StepId? step = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var file = checkpoint.File;
        var logged = Logged(file.Id, file.Run, file.Path, new ContentInfo(file.Digest, file.SizeBytes), step);
        List<FieldWrite> fields =
        [
            .. logged.Fields,
            FieldWrite.Set(CheckpointKey, FieldValue.Text(checkpoint.Key)),
            FieldWrite.Set(CheckpointStep, FieldValue.Number(checkpoint.Step)),
            FieldWrite.Set(CheckpointGoal, FieldValue.Text(checkpoint.Goal == MetricGoal.Minimize ? Minimize : "maximize")),
        ];
        if (checkpoint.Score is { } score)
            fields.Add(FieldWrite.Set(CheckpointScore, FieldValue.Number(score)));
        return logged with { Fields = fields, Seal = FrozenCheckpoint };
    }

    /// <summary>The change that removes all of an artifact's record but its log.</summary>
    public static RecordChange Purged(ArtifactId id) =>
        new() { Id = id.Value, Kind = Kind, Mode = ChangeMode.Update, Action = "artifact.purged", Purge = true };
}

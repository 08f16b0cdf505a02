using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>A model as it was at one step of its training.</summary>
/// <param name="Key">Which of the run's models it is of.</param>
/// <param name="Step">The step.</param>
/// <param name="Score">How good it was; null if that was not said.</param>
/// <param name="Goal">Which way the score is better.</param>
/// <param name="File">Its file.</param>
public sealed record ModelCheckpoint(string Key, long Step, double? Score, MetricGoal Goal, Artifact File)
{
    /// <summary>The best by score, as the goal of the latest says, the earliest of equals; null if none has a score. NaN is no score.</summary>
    public static ModelCheckpoint? Best(IEnumerable<ModelCheckpoint> checkpoints)
    {
        var scored = checkpoints.Where(c => c.Score is { } score && !double.IsNaN(score)).OrderBy(c => c.Step).ToList();
        var goal = scored.MaxBy(c => c.File.Id.Value)?.Goal;
        return scored.MinBy(c => goal == MetricGoal.Maximize ? -c.Score!.Value : c.Score!.Value);
    }

    internal static ModelCheckpoint? Read(RecordSnapshot record) => record.Find(ArtifactRecord.CheckpointKey) is not { } key ? null : new(
        key.AsText,
        (long)record.Find(ArtifactRecord.CheckpointStep)!.Value.AsNumber!.Value,
        record.Find(ArtifactRecord.CheckpointScore)?.AsNumber,
        record.Find(ArtifactRecord.CheckpointGoal)?.AsText == ArtifactRecord.Minimize ? MetricGoal.Minimize : MetricGoal.Maximize,
        Artifact.Read(record));
}

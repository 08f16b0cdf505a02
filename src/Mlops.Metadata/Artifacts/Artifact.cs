using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>A file of a run, as it was logged.</summary>
/// <param name="Id">Its id; logging the same path again makes a new artifact, and the newest is the one shown.</param>
/// <param name="Run">The run it belongs to.</param>
/// <param name="Path">Its logical path inside the run.</param>
/// <param name="Digest">SHA-256 of its content.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
/// <param name="Logged">When the store took it.</param>
public sealed record Artifact(ArtifactId Id, RunId Run, ArtifactPath Path, Digest Digest, long SizeBytes, DateTimeOffset Logged)
{
    internal static Artifact Read(RecordSnapshot record) => new(
        new ArtifactId(record.Id),
        new RunId(record.Find(ArtifactRecord.Run)!.Value.AsReference),
        ArtifactPath.Parse(record.Find(ArtifactRecord.Path)!.Value.AsText),
        record.Find(ArtifactRecord.Content)!.Value.AsDigest,
        (long)record.Find(ArtifactRecord.Size)!.Value.AsNumber!.Value,
        record.Created);
}

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

    private static readonly string[] Frozen = [Run, Path, Content, Size];

    /// <summary>The change that records a logged file, whose content is stored already.</summary>
    public static RecordChange Logged(ArtifactId id, RunId run, ArtifactPath path, ContentInfo content)
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
            ],
            Seal = Frozen,
        };
    }

    /// <summary>The change that removes all of an artifact's record but its log.</summary>
    internal static RecordChange Purged(ArtifactId id) =>
        new() { Id = id.Value, Kind = Kind, Mode = ChangeMode.Update, Action = "artifact.purged", Purge = true };
}

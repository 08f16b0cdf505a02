using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>A file or long text whose content is stored, and whose entry in the run may still have to be written.</summary>
internal sealed record PendingArtifact(ArtifactPath Path, ContentInfo Content, Tally.Counter? Counter, string Place)
{
    public bool IsNew { get; init; }
}

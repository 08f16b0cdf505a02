using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Something that a step of a pipeline read or made.</summary>
/// <param name="Name">Its name; of an artifact the path, or <c>artifact</c> and its id if that is no longer known.</param>
/// <param name="Version">
/// Which version of it, in words; null if there are none. <see cref="Purged"/> or <see cref="Absent"/> for an artifact that is no longer known.
/// </param>
/// <param name="Digest">SHA-256 of its content; null if it is not known.</param>
/// <param name="Artifact">The artifact that it is; null for data that the store does not hold.</param>
public sealed record StepData(string Name, string? Version = null, Digest? Digest = null, ArtifactId? Artifact = null)
{
    /// <summary>The artifact was removed, as an older checkpoint is or with its run.</summary>
    public const string Purged = "purged";

    /// <summary>The artifact is not in this store, as when a run was copied without the other run whose artifact it read.</summary>
    public const string Absent = "not in this store";
}

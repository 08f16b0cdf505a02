using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Something that a step of a pipeline read or made.</summary>
/// <param name="Name">Its name; of an artifact the path.</param>
/// <param name="Version">Which version of it, in words; null if there are none.</param>
/// <param name="Digest">SHA-256 of its content; null if it is not known.</param>
/// <param name="Artifact">The artifact that it is; null for data that the store does not hold.</param>
public sealed record StepData(string Name, string? Version = null, Digest? Digest = null, ArtifactId? Artifact = null);

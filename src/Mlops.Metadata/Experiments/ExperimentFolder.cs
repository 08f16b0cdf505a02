namespace Mlops.Metadata;

/// <summary>What is directly in a folder of experiments.</summary>
/// <param name="Path">The folder; empty for the top.</param>
/// <param name="Folders">The whole paths of the folders in it, in order.</param>
/// <param name="Experiments">The experiments in it, by name.</param>
public sealed record ExperimentFolder(string Path, IReadOnlyList<string> Folders, IReadOnlyList<Experiment> Experiments);

namespace Mlops.MLflow;

/// <summary>How far an import is.</summary>
/// <param name="Runs">Runs looked at.</param>
/// <param name="Points">Points read.</param>
/// <param name="Artifacts">Artifact files read.</param>
public readonly record struct MlflowImportProgress(long Runs, long Points, long Artifacts);

namespace Mlops.MLflow;

/// <summary>What became of the things of one kind.</summary>
/// <param name="Found">How many the MLflow store has: the sum of the others.</param>
/// <param name="Taken">How many are here now and were not before, or were changed.</param>
/// <param name="Present">How many were here already, the same.</param>
/// <param name="Refused">How many could not be taken; <see cref="MlflowImportReport.Problems"/> says why.</param>
public sealed record MlflowCount(long Found, long Taken, long Present, long Refused);

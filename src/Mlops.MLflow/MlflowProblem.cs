namespace Mlops.MLflow;

/// <summary>Something that could not be taken, or that is not here as it is in the MLflow store.</summary>
/// <param name="Place">The file and line, or the table and row.</param>
/// <param name="Reason">What is wrong, and what helps.</param>
public sealed record MlflowProblem(string Place, string Reason);

namespace Mlops.MLflow;

/// <summary>Something that could not be taken, or that is not here as it is in the MLflow store.</summary>
/// <param name="Place">The file and line, or the table and row; where several are concerned, the first or what they have in common.</param>
/// <param name="Reason">What is wrong, and what helps.</param>
/// <param name="Count">How many things it concerns, such as rows of a table; at least 1.</param>
public sealed record MlflowProblem(string Place, string Reason, long Count);

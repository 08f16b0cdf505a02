namespace Mlops.Sdk;

/// <summary>One thing that a check looked at.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="What">What was found.</param>
/// <param name="Remedy">What to do; empty if nothing.</param>
public sealed record CheckFinding(CheckSeverity Severity, string What, string Remedy = "");

namespace Mlops.Sdk;

/// <summary>What a check of a store found.</summary>
/// <param name="Findings">All findings, those that are as they should be too.</param>
public sealed record CheckReport(IReadOnlyList<CheckFinding> Findings)
{
    /// <summary>True if nothing is lost, damaged or unusable; warnings may be left.</summary>
    public bool IsHealthy => Findings.All(f => f.Severity != CheckSeverity.Error);

    /// <summary>One line per finding, to be read.</summary>
    public override string ToString() => string.Join('\n', Findings.Select(f =>
        $"{f.Severity.ToString().ToUpperInvariant(),-7}  {f.What}{(f.Remedy.Length > 0 ? $"  -> {f.Remedy}" : "")}"));
}

namespace Mlops.Metadata;

/// <summary>A parameter, tag or other property of the runs, side by side.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Values">One text for each run of the comparison, in its order; null where a run has none.</param>
public sealed record ComparedText(string Key, IReadOnlyList<string?> Values)
{
    /// <summary>Whether the runs differ in it, by ordinal equality; a missing text differs from every other.</summary>
    public bool Differs { get; } = Values.Any(v => !string.Equals(v, Values[0], StringComparison.Ordinal));
}

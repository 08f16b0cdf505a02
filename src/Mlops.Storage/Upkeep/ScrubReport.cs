namespace Mlops.Storage;

/// <summary>What a scrub found.</summary>
/// <param name="Objects">Objects that were read.</param>
/// <param name="ReadBytes">Their bytes.</param>
/// <param name="IsRoundComplete">Whether the last object was reached; the next scrub begins with the first.</param>
/// <param name="Problems">
/// What is damaged or missing, and which contents it concerns as far as that is known. It is in quarantine: reading it fails at
/// once, no put relies on it, and storing the content again repairs it. At most 1,000 of them, and then how many more there are.
/// </param>
public sealed record ScrubReport(long Objects, long ReadBytes, bool IsRoundComplete, IReadOnlyList<string> Problems)
{
    /// <summary>True if nothing is damaged.</summary>
    public bool IsSound => Problems.Count == 0;

    /// <summary>The figures, then one line per problem.</summary>
    public override string ToString() => string.Join('\n', (IEnumerable<string>)[
        $"{Objects} objects ({ReadBytes} bytes) read{(IsRoundComplete ? ", the last one too" : "")}; {Problems.Count} problems", .. Problems]);
}

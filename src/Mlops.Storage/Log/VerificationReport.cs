namespace Mlops.Storage;

/// <summary>What verification found. No problems means: every chain is whole, every present field is the one logged.</summary>
/// <param name="Records">How many records were checked.</param>
/// <param name="Entries">How many log entries were checked.</param>
/// <param name="Points">How many points of series were decoded and checked against their summaries.</param>
/// <param name="CheckpointMatches">
/// Whether the given checkpoint still matches; null if none was given, and then integrity is only shown against accidents,
/// not against somebody who rewrote whole chains.
/// </param>
/// <param name="Problems">One line per problem, naming the record.</param>
public sealed record VerificationReport(
    long Records, long Entries, long Points, bool? CheckpointMatches, IReadOnlyList<string> Problems)
{
    /// <summary>True if no problem was found and no given checkpoint failed.</summary>
    public bool IsSound => Problems.Count == 0 && CheckpointMatches != false;

    /// <summary>The figures, then one line per problem.</summary>
    public override string ToString() => string.Join('\n', (IEnumerable<string>)[
        $"{Records} records, {Entries} log entries and {Points} points checked{(CheckpointMatches is { } matches ? $", the checkpoint {(matches ? "matches" : "does not match")}" : "")}; {Problems.Count} problems",
        .. Problems]);
}

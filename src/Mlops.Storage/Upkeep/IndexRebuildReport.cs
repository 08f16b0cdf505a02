namespace Mlops.Storage;

/// <summary>What making the index of contents anew did.</summary>
/// <param name="Packs">Packs that were read.</param>
/// <param name="Entries">Chunks and contents that the index did not have, or had where they are not any more.</param>
/// <param name="Problems">Packs that do not say what they hold, and entries of the index that could not be read and are in no pack.</param>
public sealed record IndexRebuildReport(long Packs, long Entries, IReadOnlyList<string> Problems)
{
    /// <summary>The figures, then one line per problem.</summary>
    public override string ToString() =>
        string.Join('\n', (IEnumerable<string>)[$"{Packs} packs read, {Entries} entries found; {Problems.Count} problems", .. Problems]);
}

namespace Mlops.Sdk;

/// <summary>What a backup or a restore did.</summary>
/// <param name="Records">Records in the store, tombstones included.</param>
/// <param name="Objects">Objects that hold what the records name; several files can be in one.</param>
/// <param name="CopiedObjects">How many of them were copied; the others were there already.</param>
/// <param name="CopiedBytes">The bytes of those.</param>
/// <param name="Problems">Objects that could not be copied because the source has lost or damaged them; empty if all is well.</param>
public sealed record BackupReport(long Records, long Objects, long CopiedObjects, long CopiedBytes, IReadOnlyList<string> Problems)
{
    /// <summary>The figures, then one line per problem.</summary>
    public override string ToString() => string.Join('\n', (IEnumerable<string>)[
        $"{Records} records, {CopiedObjects} of {Objects} objects copied ({CopiedBytes} bytes); {Problems.Count} problems", .. Problems]);
}

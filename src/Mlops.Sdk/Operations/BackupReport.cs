namespace Mlops.Sdk;

/// <summary>What a backup or a restore did.</summary>
/// <param name="Records">Records in the store, tombstones included.</param>
/// <param name="Objects">Objects that hold what the records name; several files can be in one.</param>
/// <param name="CopiedObjects">How many of them were copied; the others were there already.</param>
/// <param name="CopiedBytes">The bytes of those.</param>
/// <param name="Problems">
/// Objects that the store has lost or damaged, which are not whole in the backup either; empty if all is well. A restore names
/// those that it could not bring back, all of them known to the backup.
/// </param>
public sealed record BackupReport(long Records, long Objects, long CopiedObjects, long CopiedBytes, IReadOnlyList<string> Problems)
{
    /// <summary>The figures, then one line per problem.</summary>
    public override string ToString() => string.Join('\n', (IEnumerable<string>)[
        $"{Records} records, {CopiedObjects} of {Objects} objects copied ({CopiedBytes} bytes); {Problems.Count} problems", .. Problems]);
}

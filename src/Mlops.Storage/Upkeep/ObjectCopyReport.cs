namespace Mlops.Storage;

/// <summary>What copying the objects of contents did.</summary>
/// <param name="Objects">Objects that the contents are in.</param>
/// <param name="CopiedObjects">Those that the target did not have.</param>
/// <param name="CopiedBytes">Their bytes.</param>
/// <param name="Problems">Objects that are damaged or missing; the others were copied.</param>
public sealed record ObjectCopyReport(long Objects, long CopiedObjects, long CopiedBytes, IReadOnlyList<string> Problems)
{
    /// <summary>The figures, then one line per problem.</summary>
    public override string ToString() =>
        string.Join('\n', (IEnumerable<string>)[$"{CopiedObjects} of {Objects} objects copied ({CopiedBytes} bytes); {Problems.Count} problems", .. Problems]);
}

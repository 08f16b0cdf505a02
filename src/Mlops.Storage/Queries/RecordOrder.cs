namespace Mlops.Storage;

/// <summary>
/// Sorts by an operand: numbers before times before texts before references and digests, each in its own order; a text with a
/// number beside it sorts as that number. Missing and NaN come last, both ways. Of several values the first set counts.
/// </summary>
/// <param name="By">What is sorted by.</param>
/// <param name="Descending">Largest first.</param>
public sealed record RecordOrder(Operand By, bool Descending = false);

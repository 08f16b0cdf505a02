using System.Globalization;

namespace Mlops.Metadata;

/// <summary>A cell of a table: a number, a text, or nothing.</summary>
/// <param name="Text">The text; null if it is a number or missing.</param>
/// <param name="Number">The number.</param>
/// <param name="IsBest">Whether it is the best of its row.</param>
public readonly record struct TableCell(string? Text, double? Number = null, bool IsBest = false)
{
    /// <summary>The text, or the number as invariant round-trip text; empty if it is missing.</summary>
    public override string ToString() => Number is { } number ? number.ToString("R", CultureInfo.InvariantCulture) : Text ?? "";
}

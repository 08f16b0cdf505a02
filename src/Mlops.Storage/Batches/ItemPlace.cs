using System.Globalization;

namespace Mlops.Storage;

/// <summary>Names an item of a batch for a message. Every item of every commit is checked, and hardly one needs the text.</summary>
internal readonly record struct ItemPlace(string? Format, int First = 0, int Second = 0, int Third = 0)
{
    public override string ToString() => Format is null ? "" : string.Format(CultureInfo.InvariantCulture, Format, First, Second, Third);
}

using System.Text;

namespace Mlops.Metadata;

/// <summary>Text that was logged by whomever, made harmless for a reader's screen.</summary>
internal static class VisibleText
{
    /// <summary>
    /// Control characters and marks that turn the direction of what follows become U+FFFD, so that no name can rearrange, hide or
    /// command anything around it; longer text is cut and ends in an ellipsis.
    /// </summary>
    public static string Of(string text, int limit = int.MaxValue)
    {
        var visible = new StringBuilder(Math.Min(text.Length, 256));
        var (count, last) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (++count > limit)
            {
                visible.Length = last;
                return visible.Append('…').ToString();
            }

            last = visible.Length;
            visible.Append(Of(rune).ToString());
        }

        return visible.ToString();
    }

    /// <summary>The same with a space for each end of a line.</summary>
    public static string Line(string text, int limit = int.MaxValue) => Of(text.ReplaceLineEndings(" "), limit);

    /// <summary>The same of one character.</summary>
    public static Rune Of(Rune rune) =>
        Rune.IsControl(rune) || rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) ? Rune.ReplacementChar : rune;
}

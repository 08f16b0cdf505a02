namespace Mlops.Metadata;

/// <summary>A text that can be folded away; a long one is folded, and of a very long one the beginning is there.</summary>
internal static class FoldedText
{
    private const int Most = 20_000;
    private const int MostOpen = 1_000;

    public static void Write(HtmlWriter html, string text)
    {
        var end = Math.Min(text.Length, Most);
        if (end < text.Length && char.IsHighSurrogate(text[end - 1]))
            end--;
        html.Write($"<details{(text.Length <= MostOpen ? " open" : "")}><summary>{NumberText.Count(text.Length)} characters</summary><pre>");
        html.Lines(text[..end]);
        html.Write($"</pre></details><figcaption>{(end < text.Length ? $"{NumberText.Count(text.Length - end)} more characters" : "")}</figcaption>");
    }
}

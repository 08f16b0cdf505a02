namespace Mlops.Metadata;

/// <summary>A text that can be folded away; a long one is folded, and of a very long one the beginning is there.</summary>
internal static class FoldedText
{
    private const int Most = 20_000;
    private const int MostOpen = 1_000;

    public static void Write(HtmlWriter html, string text)
    {
        var shown = EntityText.Cut(text, Most, mark: "");
        html.Write($"<details{(text.Length <= MostOpen ? " open" : "")}><summary>{NumberText.Count(text.Length)} characters</summary><pre>");
        html.Lines(shown);
        html.Write($"</pre></details><figcaption>{(shown.Length < text.Length ? $"{NumberText.Count(text.Length - shown.Length)} more characters" : "")}</figcaption>");
    }
}

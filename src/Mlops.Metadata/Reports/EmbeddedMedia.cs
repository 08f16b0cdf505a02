using System.Text;

namespace Mlops.Metadata;

/// <summary>
/// Pictures and figures within the page, as long as there is room. An SVG is a picture, in which nothing runs; an HTML page stands in
/// a frame without scripts, forms, links and an origin. The names share the room evenly, and what one leaves is for those after it.
/// </summary>
internal sealed class EmbeddedMedia(HtmlWriter html, long room, int names)
{
    private long _room = room;
    private long _left;
    private int _names = names;

    /// <summary>Gives the next name its share.</summary>
    public void NextName() => _left = _room / Math.Max(1, _names--);

    /// <summary>Takes room, if there is so much.</summary>
    public bool Take(long bytes)
    {
        if (bytes > _left)
            return false;
        (_left, _room) = (_left - bytes, _room - bytes);
        return true;
    }

    public void WriteImage(string mediaType, ReadOnlySpan<byte> bytes, string text) =>
        html.Write($"<img alt=\"{text}\" src=\"data:{mediaType};base64,").Base64(bytes).Markup("\">");

    public void WriteFigure(FigureValue figure, string text)
    {
        if (figure.MediaType == "text/html")
            html.Write($"<iframe sandbox=\"\" title=\"{text}\" srcdoc=\"").Lines(figure.Markup).Markup("\"></iframe>");
        else
            WriteImage(figure.MediaType, Encoding.UTF8.GetBytes(figure.Markup), text);
    }
}

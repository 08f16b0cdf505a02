using System.Text;

namespace Mlops.Metadata;

/// <summary>A figure as an SVG picture or an HTML page, as a plotting library writes it. Whoever shows it must not run its scripts.</summary>
public sealed record FigureValue : RichValue
{
    /// <summary>Takes the text of an SVG or HTML file.</summary>
    /// <exception cref="ArgumentException">It has neither an <c>svg</c> nor an <c>html</c> element.</exception>
    public FigureValue(string markup)
    {
        ArgumentNullException.ThrowIfNull(markup);
        var html = markup.IndexOf("<html", StringComparison.OrdinalIgnoreCase);
        var svg = markup.IndexOf("<svg", StringComparison.OrdinalIgnoreCase);
        if (html < 0 && svg < 0)
            throw new ArgumentException("The figure is neither SVG nor HTML: it has no <svg> and no <html> element.", nameof(markup));
        Markup = markup;
        MediaType = svg >= 0 && (html < 0 || svg < html) ? "image/svg+xml" : "text/html";
    }

    /// <inheritdoc/>
    public override RichValueKind Kind => RichValueKind.Figure;

    /// <summary>The text of the file.</summary>
    public string Markup { get; }

    /// <summary><c>image/svg+xml</c> or <c>text/html</c>.</summary>
    public string MediaType { get; }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Encode() => Encoding.UTF8.GetBytes(Markup);

    internal static FigureValue Read(ReadOnlySpan<byte> bytes) => new(Encoding.UTF8.GetString(bytes));
}

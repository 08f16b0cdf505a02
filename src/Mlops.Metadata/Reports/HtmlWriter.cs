using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Mlops.Metadata;

/// <summary>
/// Writes HTML in which every value is escaped: what stands in the literal parts of an interpolated string is markup, what stands
/// in its holes is text. Hands on to the stream piece by piece. Not thread-safe.
/// </summary>
internal sealed class HtmlWriter(Stream stream)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1 << 16);

    public HtmlWriter Write([InterpolatedStringHandlerArgument("")] ref Handler markup) => this;

    /// <summary>Writes markup that is known to be safe.</summary>
    public HtmlWriter Markup(string markup)
    {
        Append(markup);
        return this;
    }

    /// <summary>Opens a part that is scrolled by itself where it is wider than the page.</summary>
    public HtmlWriter BeginWide(string label) => Write($"<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\">");

    /// <summary>Writes text in which the ends of lines stay; tabs become spaces.</summary>
    public HtmlWriter Lines(string text)
    {
        foreach (var line in text.ReplaceLineEndings("\n").Replace("\t", "    ", StringComparison.Ordinal).Split('\n'))
        {
            AppendText(line);
            Append("\n");
        }

        return this;
    }

    public HtmlWriter Base64(ReadOnlySpan<byte> bytes)
    {
        var size = System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(bytes.Length);
        System.Buffers.Text.Base64.EncodeToUtf8(bytes, _buffer.GetSpan(size), out _, out var written);
        _buffer.Advance(written);
        return this;
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
        _buffer.ResetWrittenCount();
    }

    private void Append(ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, _buffer);

    private void AppendText(string text)
    {
        foreach (var rune in text.ReplaceLineEndings(" ").EnumerateRunes())
        {
            if (Escape(rune) is { } escaped)
                Append(escaped);
            else
                _buffer.Advance(VisibleText.Of(rune).EncodeToUtf8(_buffer.GetSpan(4)));
        }
    }

    private static string? Escape(Rune rune) => rune.Value switch { '&' => "&amp;", '<' => "&lt;", '>' => "&gt;", '"' => "&quot;", '\'' => "&#39;", _ => null };

    /// <summary>Escapes the holes of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Handler
    {
        private readonly HtmlWriter _writer;

        public Handler(int literalLength, int formattedCount, HtmlWriter writer) => _writer = writer;

        public void AppendLiteral(string markup) => _writer.Append(markup);

        public void AppendFormatted(string? text) => _writer.AppendText(text ?? "");

        public void AppendFormatted(long number) => _writer.Append(number.ToString(CultureInfo.InvariantCulture));

        public void AppendFormatted(double number) => _writer.Append(number.ToString("0.##", CultureInfo.InvariantCulture));
    }
}

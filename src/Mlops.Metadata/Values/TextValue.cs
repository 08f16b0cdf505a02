using System.Text;

namespace Mlops.Metadata;

/// <summary>A text, for example what a language model answered at this step.</summary>
/// <param name="Text">Any text, kept as UTF-8.</param>
public sealed record TextValue(string Text) : RichValue
{
    /// <inheritdoc/>
    public override RichValueKind Kind => RichValueKind.Text;

    /// <summary>The text.</summary>
    public string Text { get; } = Text ?? throw new ArgumentNullException(nameof(Text));

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Encode() => Encoding.UTF8.GetBytes(Text);

    internal static TextValue Read(ReadOnlySpan<byte> bytes) => new(Encoding.UTF8.GetString(bytes));
}

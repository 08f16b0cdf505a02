using System.Text;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>A text of the search language is malformed. The message shows the place; correct the text there.</summary>
public sealed class FilterSyntaxException : MlopsException
{
    private const int ShownEachSide = 40;

    /// <summary>Creates the error with a message that shows the place.</summary>
    public FilterSyntaxException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with its cause.</summary>
    public FilterSyntaxException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Where the text is wrong: 0-based, in UTF-16 units; the length of the text if something is missing at its end.</summary>
    public int Position { get; init; }

    /// <summary>What could have stood there, in words; null where something stood that is right in itself but not allowed.</summary>
    public string? Expected { get; init; }

    /// <summary>What was probably meant; null if nothing comes near.</summary>
    public string? Suggestion { get; init; }

    internal static FilterSyntaxException At(string text, int position, string problem, string? expected = null, string? suggestion = null)
    {
        var message = new StringBuilder().Append(problem).Append(" (position ").Append(position).Append(").");
        if (expected is not null)
            message.Append(" Expected ").Append(expected).Append('.');
        if (suggestion is not null)
            message.Append(" Did you mean '").Append(suggestion).Append("'?");
        var from = Math.Max(0, position - ShownEachSide);
        var to = Math.Min(text.Length, position + ShownEachSide);
        var before = from > 0 ? "…" : "";
        message.Append("\n  ").Append(before).Append(Shown(text.AsSpan(from, to - from))).Append(to < text.Length ? "…" : "");
        message.Append("\n  ").Append(' ', before.Length + position - from).Append('^');
        return new FilterSyntaxException(message.ToString()) { Position = position, Expected = expected, Suggestion = suggestion };
    }

    /// <summary>One column for each UTF-16 unit, so that the caret points at its place.</summary>
    internal static string Shown(ReadOnlySpan<char> text)
    {
        var shown = text.ToArray();
        for (var i = 0; i < shown.Length; i++)
        {
            if (char.IsControl(shown[i]) || char.IsSurrogate(shown[i]) || shown[i] is '\u2028' or '\u2029')
                shown[i] = '·';
        }

        return new string(shown);
    }
}

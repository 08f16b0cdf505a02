using System.Globalization;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Reads what an attribute is compared with.</summary>
internal sealed class LiteralParser(TokenReader tokens, DateTimeOffset now)
{
    public FieldValue Read(SearchAttribute attribute) => attribute.Type switch
    {
        SearchType.Number => ReadNumber(attribute),
        SearchType.NumberOrText or SearchType.OfReferred => tokens.Current.Kind is TokenKind.Text or TokenKind.TextOrKey ? ReadText(attribute) : ReadNumber(attribute),
        SearchType.Time => ReadTime(attribute),
        SearchType.Id => ReadId(attribute),
        SearchType.Word or SearchType.Lifecycle => ReadWord(attribute),
        _ => ReadText(attribute),
    };

    public FieldValue ReadText(SearchAttribute attribute)
    {
        var token = tokens.Current;
        if (token.Kind is TokenKind.Text or TokenKind.TextOrKey)
            return FieldValue.Text(tokens.Next().Value);
        throw token.Kind is TokenKind.Word or TokenKind.Number or TokenKind.Key
            ? tokens.Fail(
                token.Start, $"'{attribute.Name}' is compared with a text, which stands in quotes", attribute.Values, $"'{TokenReader.Shorten(token.Value)}'")
            : tokens.Unexpected(attribute.Values);
    }

    private FieldValue ReadNumber(SearchAttribute attribute)
    {
        var token = tokens.Current;
        switch (token.Kind)
        {
            case TokenKind.Number when double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number):
                tokens.Next();
                return FieldValue.Number(number);
            case TokenKind.Number when char.IsAsciiDigit(token.Value[^1]) && double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _):
                throw tokens.Fail(token.Start, $"{TokenReader.Shorten(token.Value)} is larger than any number", "a number below 1.8e308, or inf");
            case TokenKind.Number or TokenKind.Word:
                var sign = token.Value[0] is '+' or '-' ? token.Value[..1] : "";
                var word = token.Value[sign.Length..];
                if (word.Equals("inf", StringComparison.OrdinalIgnoreCase) || word.Equals("infinity", StringComparison.OrdinalIgnoreCase))
                {
                    tokens.Next();
                    return FieldValue.Number(sign == "-" ? double.NegativeInfinity : double.PositiveInfinity);
                }

                if (word.Equals("nan", StringComparison.OrdinalIgnoreCase))
                    throw tokens.Fail(token.Start, "Nothing is equal to, less or greater than NaN, which counts as missing", "a number; or ask with IS NULL");
                goto default;
            case TokenKind.Text or TokenKind.TextOrKey:
                throw tokens.Fail(token.Start, $"'{attribute.Name}' is compared only with numbers, which stand without quotes", attribute.Values);
            default:
                throw tokens.Unexpected(attribute.Values);
        }
    }

    private FieldValue ReadTime(SearchAttribute attribute)
    {
        var token = tokens.Current;
        if (token.Kind is TokenKind.Text or TokenKind.TextOrKey && SearchTime.TryParse(token.Value, out var value))
        {
            tokens.Next();
            return value;
        }

        if (token.Kind == TokenKind.Number && SearchTime.TryParseMilliseconds(token.Value, out value))
        {
            tokens.Next();
            return value;
        }

        if (!tokens.Take("now"))
            throw tokens.Unexpected(attribute.Values, ["now"]);
        tokens.Expect("(");
        tokens.Expect(")");

        // "- 7d" is a sign and a duration, "-7d" is one piece
        if (tokens.Current is { Kind: TokenKind.Number, Value: ['+' or '-', ..] signed })
            return FieldValue.Time(now + (signed[0] == '-' ? -ReadDuration(1) : ReadDuration(1)));
        if (tokens.Take("-"))
            return FieldValue.Time(now - ReadDuration(0));
        return FieldValue.Time(tokens.Take("+") ? now + ReadDuration(0) : now);
    }

    private TimeSpan ReadDuration(int sign)
    {
        if (tokens.Current.Kind != TokenKind.Number || !SearchTime.TryParseDuration(tokens.Current.Value.AsSpan(sign), out var duration))
            throw tokens.Unexpected($"a duration such as 30s, 15m, 12h, 7d or 2w, up to {SearchTime.MaxDays}d");
        tokens.Next();
        return duration;
    }

    private FieldValue ReadId(SearchAttribute attribute)
    {
        var start = tokens.Current.Start;
        var text = ReadText(attribute).AsText;
        return RecordId.TryParse(text, null, out var id)
            ? FieldValue.Reference(id)
            : throw tokens.Fail(start, $"'{TokenReader.Shorten(text)}' is not an id", attribute.Values);
    }

    private FieldValue ReadWord(SearchAttribute attribute)
    {
        var start = tokens.Current.Start;
        var text = ReadText(attribute).AsText;
        return attribute.Words.FirstOrDefault(w => w.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } word
            ? FieldValue.Text(word)
            : throw tokens.Fail(
                start, $"'{TokenReader.Shorten(text)}' is no {attribute.Name}", attribute.Values, Spelling.Nearest(text, attribute.Words));
    }
}

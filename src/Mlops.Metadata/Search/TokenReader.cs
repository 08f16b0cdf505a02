using System.Globalization;

namespace Mlops.Metadata;

/// <summary>Cuts a text into tokens, one ahead of the parser.</summary>
internal sealed class TokenReader
{
    // longer ones first; the wrong ones are known so that the right ones can be named
    private static readonly string[] Symbols =
        ["!=", "<>", "<=", ">=", "==", "=<", "=>", "&&", "||", "=", "<", ">", "(", ")", ",", "+", "-", "!", ";"];

    private static readonly Dictionary<string, string> Meant = new(StringComparer.Ordinal)
    {
        ["=="] = "=",
        ["=<"] = "<=",
        ["=>"] = ">=",
        ["&&"] = "AND",
        ["||"] = "OR",
        ["!"] = "NOT",
    };

    private readonly string _text;

    public TokenReader(string text)
    {
        _text = text;
        if (text.Length > SearchLanguage.MaxLength)
        {
            throw Fail(
                SearchLanguage.MaxLength, $"The text has {text.Length} characters, more than {SearchLanguage.MaxLength}", "a shorter text");
        }

        Current = Read(0);
    }

    public Token Current { get; private set; }

    /// <summary>Whether the key of a dotted word can hold the character without quotes.</summary>
    public static bool IsInWord(char c) => char.IsLetterOrDigit(c) || c is '_' or '.' or '-' or '/' or ':';

    public Token Next()
    {
        var current = Current;
        Current = Read(current.End);
        return current;
    }

    /// <summary>Whether a keyword, in either case, or a symbol is next.</summary>
    public bool Is(string word) =>
        Current.Kind is TokenKind.Word or TokenKind.Symbol && Current.Value.Equals(word, StringComparison.OrdinalIgnoreCase);

    /// <summary>Goes on behind a keyword or symbol if it is next.</summary>
    public bool Take(string word)
    {
        if (!Is(word))
            return false;
        Next();
        return true;
    }

    public void Expect(string word)
    {
        if (!Take(word))
            throw Unexpected(word, [word]);
    }

    public FilterSyntaxException Unexpected(string expected, IEnumerable<string>? words = null)
    {
        var (kind, start, end, value) = Current;
        if (kind == TokenKind.End)
            return Fail(start, "The text ends too early", expected);
        var suggestion = kind == TokenKind.Symbol ? Meant.GetValueOrDefault(value)
            : kind == TokenKind.Word ? Spelling.Nearest(value, words ?? []) : null;
        return Fail(start, $"'{Shorten(_text.AsSpan(start, end - start))}' is not expected here", expected, suggestion);
    }

    public FilterSyntaxException Fail(int position, string problem, string? expected = null, string? suggestion = null) =>
        FilterSyntaxException.At(_text, position, problem, expected, suggestion);

    /// <summary>A piece of the text for a message.</summary>
    public static string Shorten(ReadOnlySpan<char> text) =>
        text.Length > 40 ? FilterSyntaxException.Shown(text[..40]) + "…" : FilterSyntaxException.Shown(text);

    private Token Read(int at)
    {
        while (at < _text.Length && char.IsWhiteSpace(_text[at]))
            at++;
        if (at == _text.Length)
            return new Token(TokenKind.End, at, at, "");
        var c = _text[at];
        switch (c)
        {
            case '\'':
                return ReadQuoted(TokenKind.Text, at);
            case '"':
                return ReadQuoted(TokenKind.TextOrKey, at);
            case '`':
                return ReadQuoted(TokenKind.Key, at);
            case '_':
                return ReadWord(at);
            case '+' or '-' when at + 1 < _text.Length && (char.IsAsciiLetterOrDigit(_text[at + 1]) || _text[at + 1] == '.'):
            case '.' when at + 1 < _text.Length && char.IsAsciiDigit(_text[at + 1]):
                return ReadNumber(at);
        }

        if (char.IsAsciiDigit(c))
            return ReadNumber(at);
        if (char.IsLetter(c))
            return ReadWord(at);
        foreach (var symbol in Symbols)
        {
            if (string.CompareOrdinal(_text, at, symbol, 0, symbol.Length) == 0)
                return new Token(TokenKind.Symbol, at, at + symbol.Length, symbol);
        }

        throw Fail(
            at,
            string.Create(CultureInfo.InvariantCulture, $"The character '{Shorten(_text.AsSpan(at, 1))}' (U+{(int)c:X4}) has no meaning here"),
            "letters, digits and ._-/: in a key; put backticks around a key with others, and quotes around a text");
    }

    private Token ReadWord(int start)
    {
        var end = start + 1;
        while (end < _text.Length && IsInWord(_text[end]))
            end++;
        return new Token(TokenKind.Word, start, end, _text[start..end]);
    }

    private Token ReadNumber(int start)
    {
        var end = start + 1;
        while (end < _text.Length
            && (char.IsAsciiLetterOrDigit(_text[end]) || _text[end] == '.' || (_text[end] is '+' or '-' && _text[end - 1] is 'e' or 'E')))
        {
            end++;
        }

        return new Token(TokenKind.Number, start, end, _text[start..end]);
    }

    // inside the quotes the quote is written twice; nothing else escapes
    private Token ReadQuoted(TokenKind kind, int start)
    {
        var quote = _text[start];
        var doubled = false;
        for (var end = start + 1; end < _text.Length; end++)
        {
            if (_text[end] != quote)
                continue;
            if (end + 1 < _text.Length && _text[end + 1] == quote)
            {
                doubled = true;
                end++;
                continue;
            }

            var value = _text[(start + 1)..end];
            return new Token(kind, start, end + 1, doubled ? value.Replace(new string(quote, 2), quote.ToString(), StringComparison.Ordinal) : value);
        }

        throw Fail(start, $"The quote {quote} that opens here is not closed", $"a closing {quote}");
    }
}

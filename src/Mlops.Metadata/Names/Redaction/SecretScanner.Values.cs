using System.Buffers;

namespace Mlops.Metadata;

// the values of names, and how far they go
internal ref partial struct SecretScanner
{
    // a quoted value that goes on for longer, or has more quotes in it, has lost its end
    private const int LongestQuoted = 4_000;
    private const int MostTorn = 64;

    private static readonly SearchValues<char> BareEnds = SearchValues.Create(Blanks + "\"';,&");
    private static readonly SearchValues<char> OptionEnds = SearchValues.Create(Blanks + "\"'");

    // password=x, "password": "x", d["password"] = x, "--password", "x"
    private bool IsNamed(int name, int nameEnd)
    {
        var separator = Skip(Blanks, Skip("\\\"']", nameEnd));
        var isOperator = IsAny("=>", separator + 1) && IsAny(Blanks + "\"'", separator + 2);
        var value = Skip(Blanks, separator + (isOperator ? 2 : 1));
        if (IsAny(",", separator) && IsInOption(name))
            return !IsAny("-", value + 1) && TakeQuoted(value); // the next argument, if it is no option too
        if (!IsAny("=:", separator))
            return IsOption(name, nameEnd);
        if (IsMasked(value) || (nameEnd - name == "pass".Length && Is("pass", name) && !IsInOption(name) && !SecretNames.IsVariable(_text, name)))
            return false; // a forward_pass has a figure, DB_PASS= and --db-pass= a password
        if (isOperator)
            return TakeQuoted(value); // a comparison or a lambda otherwise
        return IsAny("=", separator) ? TakeAssigned(name, value) : TakeQuoted(value) || TakeBare(BareEnd(value), value);
    }

    // the option of a command inside a text: --password hunter2
    private bool IsOption(int name, int nameEnd)
    {
        var value = Skip(Blanks, nameEnd);
        return value > nameEnd && IsInOption(name) && !IsMasked(value) && (TakeQuoted(value) || TakeBare(Find(OptionEnds, value), value));
    }

    // --sig is a significance
    private readonly bool IsInOption(int name)
    {
        if (Is("sig", name) && !Is("signing", name))
            return false;
        var start = name;
        while (start > name - 100 && (IsWord(start - 1) || IsAny("-.:", start - 1)))
            start--;
        return IsAny("-", start) && (start == 0 || IsAny(Blanks + "\"'", start - 1));
    }

    private bool TakeAssigned(int name, int value)
    {
        if (_stop < value)
            _stop = Find(";\r\n", value);
        if (_quote < value)
            _quote = Find("\"'", value);
        if (IsInConnectionString(name))
            return TakeInConnectionString(name, value);
        if (TakeQuoted(value, isAssigned: true))
            return true;

        // the first value of a connection string; with quotes in it only if it is clear that it is one
        var isFirst = _stop > value && IsAny(";", _stop) && !Is("sig", name) && (_quote >= _stop || IsPair(_stop, ";"));
        return isFirst ? Take(value, _stop) : TakeBare(BareEnd(value), value);
    }

    private int BareEnd(int value) => _bareEnd >= value ? _bareEnd : _bareEnd = Find(BareEnds, value);

    // what is taken may be the name of a secret that goes further: token: Bearer x
    private bool TakeBare(int end, int value)
    {
        if (!TakeTo(end, value))
            return false;
        _next = value;
        return true;
    }

    // another pair and a semicolon stand before
    private readonly bool IsInConnectionString(int name)
    {
        var first = SecretNames.StartInConnectionString(_text, name);
        var before = first < 0 ? [] : _text[..first].TrimEnd(" \t");
        if (!before.EndsWith(';'))
            return false;
        var pair = before[..^1].LastIndexOfAny(";\r\n") + 1;
        return pair < End || before[pair..].Contains('=');
    }

    // the value goes on to the semicolon or the end of the line, whatever it holds; only a quote that was opened before the string ends it too
    private bool TakeInConnectionString(int name, int value)
    {
        ReadQuotes(name);
        var isQuoted = _lastQuote >= 0 && !IsWord(_lastQuote - 1) && IsWord(_lastQuote + 1);
        var quote = isQuoted ? _text[_lastQuote] : '\n';
        if (IsQuote(value) && _text[value] == quote)
        {
            // the quote that was opened before ends the string here, or a value in the same quotes starts
            if (value + 1 == _text.Length || IsAny(Blanks + ":,+)]}", value + 1))
                return false;
            for (var i = value + 1; i < _text.Length && !IsAny("\r\n", i); i++)
            {
                if (_text[i] == quote && !IsWord(i + 1) && !(IsQuote(i + 1) && _text[i + 1] == quote && IsWord(i + 2)))
                    return Take(value, i + 1);
            }
        }

        if (TakeQuoted(value, isAssigned: true))
        {
            End = Find(BareEnds, End);
            return true;
        }

        var end = value;
        while (end < _stop && !(_text[end] == quote && !IsWord(end + 1)))
            end++;
        return TakeTo(end, value);
    }

    // up to its closing quote, or to the end of the line if that was cut off; b'', N'' and the like are quoted too
    private bool TakeQuoted(int value, bool isAssigned = false)
    {
        var quote = Skip("\\", IsAny("bfrubFRUBN@$", value) && IsQuote(value + 1) ? value + 1 : value);
        if (!IsQuote(quote))
            return false;
        var end = QuotedEnd(quote, isAssigned ? Blanks + ";" : Blanks);
        if (end < 0 && Is("-----BEGIN ", quote + 1) && IsKnownKey(quote + 1))
        {
            Start = value;
            return true;
        }

        return end >= 0 ? Take(value, end) : quote + 1 < _text.Length && !IsAny(Blanks, quote + 1) && Take(value, Find("\r\n", quote));
    }

    // A quote has a backslash before it in a quoted text, three in one inside that; one that does not close has twice as many and one more.
    // In connection strings and YAML that one is doubled, and in the paths of Windows a backslash means nothing: then a pair follows. Where
    // quotes were not escaped at all, the one before a colon ends the next name.
    private readonly int QuotedEnd(int quote, string beforePair)
    {
        var level = Backslashes(quote);
        var limit = Math.Min(_text.Length, quote + LongestQuoted);
        var torn = 0;
        for (var i = quote + 1; i < limit && torn < MostTorn; i++)
        {
            var found = level > 0 ? _text[i..limit].IndexOfAny(_text[quote], '\r', '\n') : _text[i..limit].IndexOf(_text[quote]);
            i += found;
            if (found < 0 || _text[i] != _text[quote])
                return -1;
            var isOfLevel = Backslashes(i) % (2 * (level + 1)) == level;
            var next = i + 1 + level;
            var isDoubled = isOfLevel && next < limit && _text[next] == _text[quote] && Backslashes(next) == level;
            if (!isDoubled && !IsWord(i + 1) && (isOfLevel || IsPair(i + 1, beforePair)) && !(torn > 0 && IsAny("=:", Skip(Blanks, i + 1))))
                return i + 1;
            torn += isDoubled || IsWord(i + 1) ? 1 : 0;
            i = isDoubled ? next : i;
        }

        return -1;
    }

    // " name=", or "; any name=" or "; " at the end
    private readonly bool IsPair(int at, string before)
    {
        if (!IsAny(before, at))
            return false;
        var isSemicolon = IsAny(";", at);
        var start = at + 1;
        while (start < at + 40 && IsAny(Blanks, start))
            start++;
        var end = start;
        while (end < start + 40 && (IsWord(end) || IsAny(isSemicolon ? " .-" : ".-", end)))
            end++;
        return (isSemicolon && start == _text.Length) || (end > start && IsAny("=:", Skip(Blanks, end)));
    }
}

using System.Buffers;

namespace Mlops.Metadata;

// what all of it is read and taken with
internal ref partial struct SecretScanner
{
    // the last quote of the line up to a place; those of what is masked do not count
    private void ReadQuotes(int end)
    {
        if (end <= _quotesRead)
            return;
        var last = _text[_quotesRead..end].LastIndexOfAny("\"'\r\n");
        if (last >= 0)
            _lastQuote = IsQuote(_quotesRead + last) ? _quotesRead + last : -1;
        _quotesRead = end;
    }

    private bool Take(int start, int end)
    {
        ReadQuotes(start);
        (Start, End, _next) = (start, end, end);
        _quotesRead = Math.Max(_quotesRead, end);
        return true;
    }

    // the backslashes of a quote are not of the value before
    private bool TakeTo(int end, int start)
    {
        end -= IsQuote(end) ? Backslashes(end) : 0;
        return end > start && Take(start, end);
    }

    private readonly int Find(ReadOnlySpan<char> anyOf, int from) => _text[from..].IndexOfAny(anyOf) is var found and >= 0 ? from + found : _text.Length;

    private readonly int Find(SearchValues<char> anyOf, int from) => _text[from..].IndexOfAny(anyOf) is var found and >= 0 ? from + found : _text.Length;

    private readonly int Skip(string anyOf, int from)
    {
        while (IsAny(anyOf, from))
            from++;
        return from;
    }

    private readonly int Backslashes(int end) => end - 1 - _text[..end].LastIndexOfAnyExcept('\\');

    private readonly bool IsMasked(int at) => Is(Redactor.Mask, at) && !IsWord(at + Redactor.Mask.Length);

    private readonly bool IsQuote(int at) => IsAny("\"'", at);

    private readonly bool IsWord(int at) => (uint)at < (uint)_text.Length && SecretNames.IsWord(_text[at]);

    private readonly bool IsAny(string chars, int at) => (uint)at < (uint)_text.Length && chars.AsSpan().Contains(_text[at]);

    private readonly bool Is(string expected, int at) => _text[at..].StartsWith(expected, StringComparison.OrdinalIgnoreCase);
}

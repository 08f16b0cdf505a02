using System.Buffers;
using System.Text;

namespace Mlops.Storage;

/// <summary>
/// A text pattern of the search language: <c>%</c> stands for any text, <c>_</c> for one character (a Unicode scalar), and
/// nothing escapes them. Without case, characters are the same when their simple invariant upper case is. Time grows at most
/// with the product of the lengths of text and pattern. Thread-safe.
/// </summary>
public sealed class LikePattern
{
    private const int AnyText = -1;
    private const int OneCharacter = -2;
    private readonly int[] _pattern;
    private readonly bool _ignoreCase;

    /// <summary>Reads a pattern.</summary>
    public LikePattern(string pattern, bool ignoreCase = false)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        _ignoreCase = ignoreCase;
        var symbols = new List<int>(pattern.Length);
        foreach (var rune in pattern.EnumerateRunes())
        {
            var symbol = rune.Value switch { '%' => AnyText, '_' => OneCharacter, _ => Fold(rune) };
            if (symbol != AnyText || symbols is not [.., AnyText])
                symbols.Add(symbol);
        }

        _pattern = [.. symbols];
    }

    /// <summary>Whether the whole text matches.</summary>
    public bool IsMatch(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        byte[]? rented = null;
        var buffer = most <= 512 ? stackalloc byte[512] : rented = ArrayPool<byte>.Shared.Rent(most);
        var matches = IsMatch(buffer[..Encoding.UTF8.GetBytes(text, buffer)]);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return matches;
    }

    /// <summary>Whether the whole text, in UTF-8, matches.</summary>
    public bool IsMatch(ReadOnlySpan<byte> utf8)
    {
        var at = 0;
        var symbol = 0;

        // where to go on when the text after the last % does not fit: one character later
        var retrySymbol = -1;
        var retryAt = 0;
        while (at < utf8.Length)
        {
            var length = Next(utf8[at..], out var character);
            if (symbol < _pattern.Length && _pattern[symbol] == AnyText)
            {
                retrySymbol = ++symbol;
                retryAt = at;
            }
            else if (symbol < _pattern.Length && (_pattern[symbol] == OneCharacter || _pattern[symbol] == character))
            {
                symbol++;
                at += length;
            }
            else if (retrySymbol >= 0)
            {
                if (retrySymbol == _pattern.Length)
                    return true;
                retryAt += Next(utf8[retryAt..], out _);
                at = retryAt;
                symbol = retrySymbol;
            }
            else
            {
                return false;
            }
        }

        while (symbol < _pattern.Length && _pattern[symbol] == AnyText)
            symbol++;
        return symbol == _pattern.Length;
    }

    private int Next(ReadOnlySpan<byte> utf8, out int character)
    {
        if (utf8[0] < 0x80)
        {
            character = _ignoreCase && utf8[0] is >= (byte)'a' and <= (byte)'z' ? utf8[0] - 32 : utf8[0];
            return 1;
        }

        Rune.DecodeFromUtf8(utf8, out var rune, out var length);
        character = Fold(rune);
        return length;
    }

    private int Fold(Rune rune) => _ignoreCase ? Rune.ToUpperInvariant(rune).Value : rune.Value;
}

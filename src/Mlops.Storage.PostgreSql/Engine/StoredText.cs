namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Texts as the database takes them. It refuses U+0000, so that becomes U+0001 U+0001, and U+0001 becomes U+0001 U+0002: every
/// text comes back, and their order by UTF-8 bytes is the same.
/// </summary>
internal static class StoredText
{
    public static string Escape(string text) =>
        text.AsSpan().IndexOfAny('\0', '\u0001') < 0
            ? text
            : text.Replace("\u0001", "\u0001\u0002", StringComparison.Ordinal).Replace("\0", "\u0001\u0001", StringComparison.Ordinal);

    public static string Unescape(string text) =>
        text.Contains('\u0001', StringComparison.Ordinal)
            ? text.Replace("\u0001\u0001", "\0", StringComparison.Ordinal).Replace("\u0001\u0002", "\u0001", StringComparison.Ordinal)
            : text;

    /// <summary>Whether a key could have been stored: none holds control characters, and all are well-formed.</summary>
    public static bool IsKey(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
                return false;
            if (char.IsSurrogate(text[i]) && (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[++i])))
                return false;
        }

        return true;
    }
}

using System.Buffers;

namespace Mlops.Metadata;

/// <summary>Which names are those of secrets: of variables, options and settings, and before values in a text.</summary>
internal static class SecretNames
{
    // a longer one before those that it starts with
    private static readonly string[] Words =
        ["key", "token", "password", "passphrase", "passwd", "pass", "pwd", "secret", "credentials", "credential", "signature", "sig"];

    // a variable is secret whatever follows these, such as DB_PASSWORD_FILE
    private static readonly SearchValues<string> Anywhere =
        SearchValues.Create(["password", "secret", "credential", "_key_"], StringComparison.OrdinalIgnoreCase);

    // the key of a variable or an option is secret, but for these
    private static readonly string[] PlainKeys = ["sort", "partition", "foreign"];

    // most keys in a text are those of tables and dictionaries, but for these; the second are words of sentences too, if a blank follows
    private static readonly string[] Keys = ["api", "access", "account", "private", "secret"];
    private static readonly string[] JoinedKeys = ["encryption", "function", "functions", "signing", "subscription"];

    private static readonly string[] OfConnection = ["password", "passwd", "pwd", "access", "account"];
    private static readonly string[] Qualifiers = ["user", "proxy", "ssl", "certificate", "store", "key", "trust", "shared", "primary", "secondary"];

    /// <summary>Whether a variable, an option or a setting is secret; of a path such as <c>smtp.password</c> the last part says it.</summary>
    public static bool IsSecret(ReadOnlySpan<char> name)
    {
        name = name[(name.LastIndexOf('.') + 1)..];
        var last = EndOf(name, Words);
        var before = name[..^last.Length];
        return name.ContainsAny(Anywhere) || last switch
        {
            "" or "sig" => false, // a significance; in URLs it is a signature
            "pass" => !EndsWithLetter(before),
            "key" => EndOf(before.TrimEnd("_-"), PlainKeys) == "",
            _ => true,
        };
    }

    /// <summary>Whether a secret's name in a text has its last word at an index, and where that name starts and ends.</summary>
    public static bool TryFind(ReadOnlySpan<char> text, int at, out int start, out int end)
    {
        var word = StartOf(text[at..], Words);
        var before = text[..at];
        end = at + word.Length;
        start = word == "key" ? StartOfKey(before) : at;
        return word switch
        {
            "" => false,
            "pass" => !EndsWithLetter(before),
            "key" => start < at,
            "signature" => IsInUrl(before) || before.TrimEnd(" _-").EndsWith("access", StringComparison.OrdinalIgnoreCase),
            _ => true,
        };
    }

    /// <summary>Whether <c>PASS=</c> at an index ends the name of a variable.</summary>
    public static bool IsVariable(ReadOnlySpan<char> text, int start) =>
        text[start..].StartsWith("PASS=", StringComparison.Ordinal) && start > 1 && text[start - 1] == '_' && char.IsAsciiLetterOrDigit(text[start - 2]);

    /// <summary>Where a password's name in a connection string starts with what qualifies it (<c>Proxy Password</c>), or -1 if it is no such name.</summary>
    public static int StartInConnectionString(ReadOnlySpan<char> text, int start)
    {
        if (StartOf(text[start..], OfConnection) == "")
            return -1;
        while (true)
        {
            var before = text[..start].TrimEnd(" _-");
            var word = EndOf(before, Qualifiers);
            if (word == "")
                return start;
            start = before.Length - word.Length;
        }
    }

    private static int StartOfKey(ReadOnlySpan<char> before)
    {
        var joined = before.TrimEnd("_-");
        var word = EndOf(joined, JoinedKeys);
        if (word == "")
        {
            joined = before.TrimEnd(" _-");
            word = EndOf(joined, Keys);
        }

        return word == "" ? before.Length : joined.Length - word.Length;
    }

    // ?X-Amz-Signature=, also where JSON escapes the ampersand
    private static bool IsInUrl(ReadOnlySpan<char> before)
    {
        before = before[^Math.Min(before.Length, 30)..];
        var i = before.Length - 1;
        while (i >= 0 && (before[i] == '-' || IsWord(before[i])))
            i--;
        return i >= 0 && (before[i] is '?' or '&' or ';' || before[i..].StartsWith("\\u0026", StringComparison.Ordinal));
    }

    public static bool IsWord(char c) => c == '_' || char.IsLetterOrDigit(c);

    private static bool EndsWithLetter(ReadOnlySpan<char> text) => !text.IsEmpty && char.IsAsciiLetter(text[^1]);

    private static string StartOf(ReadOnlySpan<char> text, string[] words)
    {
        foreach (var word in words)
        {
            if (text.StartsWith(word, StringComparison.OrdinalIgnoreCase))
                return word;
        }

        return "";
    }

    public static string EndOf(ReadOnlySpan<char> text, string[] words)
    {
        foreach (var word in words)
        {
            if (text.EndsWith(word, StringComparison.OrdinalIgnoreCase))
                return word;
        }

        return "";
    }
}

using System.Buffers;
using System.Text.RegularExpressions;

namespace Mlops.Metadata;

/// <summary>
/// Finds the secrets of a text in one pass: looks for the next sign of one, and reads what is there. How far it looks ahead is taken,
/// remembered or bounded, so that the time is in proportion to the length of any text.
/// </summary>
internal ref partial struct SecretScanner(ReadOnlySpan<char> text)
{
    private const string Blanks = " \t\r\n\f\v\u0085\u00a0\u2028\u2029\u3000";

    // most log lines have none: one vectorised look
    private static readonly SearchValues<string> Signs = SearchValues.Create(
        [
            "-----BEGIN ", "://", "authorization", "bearer", "basic", "pass", "pwd", "secret", "token", "credential", "sig", "key",
            "AKIA", "ASIA", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "hf_", "sk-", "xox", "eyJ",
        ],
        StringComparison.OrdinalIgnoreCase);

    private static readonly SearchValues<char> AuthorityEnds = SearchValues.Create(Blanks + "/");
    private static readonly SearchValues<char> UrlEnds = SearchValues.Create(Blanks + "\"<>");
    private static readonly SearchValues<char> CredentialEnds = SearchValues.Create(Blanks + "\"';,");

    // with the backslash of JSON's escapes
    private static readonly SearchValues<char> Base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_~.=-\\");

    private static readonly string[] DatabaseSchemes =
        ["postgres", "postgresql", "mysql", "mariadb", "mongodb", "mongodb+srv", "redis", "rediss", "amqp", "amqps", "sqlserver", "mssql"];

    private static readonly string[] Credentials =
        ["Bearer", "Basic", "Token", "ApiKey", "Api-Key", "Negotiate", "NTLM", "SharedKey", "SharedKeyLite"];

    private readonly ReadOnlySpan<char> _text = text;
    private int _next;

    // the last quote of the line that was read
    private int _lastQuote = -1;
    private int _quotesRead;

    // what was found ahead, which holds until the scanner has passed it
    private int _at = -1;
    private int _urlEnd = -1;
    private int _bareEnd = -1;
    private int _stop = -1;
    private int _quote = -1;

    /// <summary>Where the secret starts that was found last.</summary>
    public int Start { get; private set; }

    /// <summary>Where it ends.</summary>
    public int End { get; private set; }

    /// <summary>Goes to the next secret, which may lie in the last one and end behind it; false if there is none.</summary>
    public bool MoveNext()
    {
        while (true)
        {
            var found = _text[_next..].IndexOfAny(Signs);
            if (found < 0)
                return false;
            var sign = _next + found;
            _next = sign + 1;
            if (IsSecret(sign))
                return true;
        }
    }

    private bool IsSecret(int sign) => char.ToLowerInvariant(_text[sign]) switch
    {
        ':' => IsUserInfo(sign),
        'b' => IsCredential(sign),
        'a' when Is("authorization", sign) => IsAuthorization(sign + "authorization".Length),
        'c' or 'k' or 'p' or 's' or 't' when SecretNames.TryFind(_text, sign, out var start, out var end) => IsNamed(start, end),
        _ => IsKnownKey(sign),
    };

    // a password may hold a slash; what stands between a colon and the first slash is a port if it is a number, but not in a database's URL
    private bool IsUserInfo(int schemeEnd)
    {
        var start = schemeEnd + "://".Length;
        if (!IsWord(schemeEnd - 1))
            return false;
        if (_at < start)
            _at = Find("@", start);
        if (_urlEnd < start)
            _urlEnd = Find(UrlEnds, start);
        var at = _text[start..Find(AuthorityEnds, start)].LastIndexOf('@');
        var userEnd = Find("/:@[\"", start);
        if (_at < _urlEnd && IsAny(":", userEnd))
        {
            var digits = _text[(userEnd + 1)..].IndexOfAnyExceptInRange('0', '9');
            var isPort = digits is >= 1 and <= 5 && IsAny("/", userEnd + 1 + digits);
            if (SecretNames.EndOf(_text[..schemeEnd], DatabaseSchemes) != "" || (at < 0 && !isPort))
                at = Math.Max(at, _text[start.._urlEnd].LastIndexOf('@'));
        }

        return at >= 0 && Take(start, start + at);
    }

    // without the name of a credential it is told from a word by its length and a digit
    private bool IsAuthorization(int nameEnd)
    {
        var start = Skip(Blanks + "\"'\\:=,[]>", nameEnd);
        var isSeparated = _text[nameEnd..start].ContainsAny(":=,");
        foreach (var name in Credentials)
        {
            var end = start + name.Length;
            if (start > nameEnd && Is(name, start) && IsAny(Blanks, end) && (isSeparated || name is "Bearer" or "Basic"))
                return TakeTo(Find(CredentialEnds, Skip(Blanks, end)), Skip(Blanks, end));
        }

        var word = _text.Slice(start, Math.Min(200, _text.Length - start));
        word = word[..(word.IndexOfAnyExcept(Base64) is var length and >= 0 ? length : word.Length)];
        return isSeparated && word.Length >= 16 && word.ContainsAnyInRange('0', '9') && TakeTo(Find(CredentialEnds, start), start);
    }

    private bool IsCredential(int scheme)
    {
        var isBasic = Is("basic", scheme);
        var schemeEnd = scheme + (isBasic ? "basic" : "bearer").Length;
        var start = Skip(Blanks, schemeEnd);
        if (IsWord(scheme - 1) || start == schemeEnd)
            return false;
        var length = _text[start..].IndexOfAnyExcept(Base64);
        var word = length < 0 ? _text[start..] : _text.Slice(start, length);
        return word.Length >= 8 && (!isBasic || IsUserAndPassword(word)) && TakeTo(start + word.Length, start);
    }

    /// <summary>
    /// Whether a word is base64 of <c>user:password</c>, with or without padding, in either alphabet, perhaps cut off: basic training
    /// is no secret, and without <c>Authorization</c> before it nothing else tells the two apart.
    /// </summary>
    private static bool IsUserAndPassword(ReadOnlySpan<char> word)
    {
        var end = word.IndexOfAny("~.=\\");
        word = end < 0 ? word : word[..end];
        word = word.Length % 4 == 1 ? word[..^1] : word;
        var padded = word.ToString().Replace('-', '+').Replace('_', '/').PadRight((word.Length + 3) / 4 * 4, '=');
        var bytes = Convert.FromBase64String(padded);
        return bytes.Contains((byte)':') && !Array.Exists(bytes, b => b is < 0x20 or 0x7F);
    }

    // private keys, keys of AWS and Google, tokens of GitHub, GitLab, Hugging Face, OpenAI and Slack, and JSON web tokens have their own forms
    private bool IsKnownKey(int start)
    {
        foreach (var key in KnownKey().EnumerateMatches(_text, start))
            return Take(start, start + key.Length);
        return false;
    }

    [GeneratedRegex(
        @"\G(?:-----BEGIN [A-Z ]{0,40}PRIVATE KEY[A-Z ]{0,40}-----.*?(?:-----END [A-Z ]*-----|\z)|\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}\b|AIza[A-Za-z0-9_-]{35}"
        + @"|gh[pousr]_[A-Za-z0-9]{36,}\b|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}|hf_[A-Za-z0-9]{30,}\b|sk-[A-Za-z0-9_-]{20,}"
        + @"|xox[abprs]-[A-Za-z0-9-]{10,}|eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*))",
        RegexOptions.Singleline)]
    private static partial Regex KnownKey();
}

using System.Buffers;
using System.Text.RegularExpressions;

namespace Mlops.Metadata;

/// <summary>
/// Takes secrets out of captured text, such as an exception's, a command line's or a log line's, before it is stored: passwords
/// in URLs, connection strings and options, tokens, keys. What a user logs on purpose (parameters, tags, artifacts) is stored as
/// it is given. A secret that nothing around it gives away cannot be told from any other text.
/// </summary>
public static partial class Redactor
{
    private const string Mask = "***";
    private const string InConnectionString =
        "password|passwd|pwd|passphrase|secret|token|account[_ -]?key|access[_ -]?key|api[_ -]?key|private[_ -]?key";

    // looked for by its end: of many beginnings, or with the k, of which there is a third form, there is no vectorised search
    private const string Key = "key(?<=(?:(?:api|access|account|private)[_ -]?|(?:encryption|functions?|signing|subscription)[_-]?)key)";

    // what may stand before the name of a password in a connection string
    private const string Qualifier = "(?:(?:user|proxy|ssl|certificate|key[ _-]?store|trust[ _-]?store|shared|primary|secondary)[ _-]?)*";

    // as connection strings have it: a quote in it is doubled
    private const string Quoted = """(?:"(?:[^"\r\n]|"")*"|'(?:[^'\r\n]|'')*')""";

    // no secret is found where none of these stands, and most log lines have none: one vectorised look instead of eight expressions
    private static readonly SearchValues<string> Signs = SearchValues.Create(
        [
            "PRIVATE KEY", "://", "bearer", "basic", "password", "passwd", "pwd", "passphrase", "secret", "token", "key", "credential",
            "sig", "AKIA", "ASIA", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "hf_", "xox",
            "sk-", "eyJ", "authorization", "-pass", "_pass=",
        ],
        StringComparison.OrdinalIgnoreCase);

    /// <summary>The text with each secret replaced by <c>***</c>.</summary>
    public static string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.AsSpan().ContainsAny(Signs))
            return text;
        text = PrivateKey().Replace(text, Mask);
        text = UserInfo().Replace(text, $"$1$2{Mask}@");
        text = Header().Replace(text, $"$1{Mask}");
        text = Scheme().Replace(text, m => m.Groups[1].Success || IsUserAndPassword(m.Groups[3].Value) ? $"{m.Groups[1]}{m.Groups[2]} {Mask}" : m.Value);
        text = BehindSemicolon().Replace(text, $"$1{Mask}");
        text = BeforeSemicolon().Replace(text, $"$1{Mask}");
        text = Named().Replace(text, $"$1$2{Mask}");
        text = Option().Replace(text, $"$1$2{Mask}");
        return KnownKey().Replace(text, Mask);
    }

    /// <summary>
    /// The value without secrets; all of it is masked if its name says that it is one, such as <c>HF_TOKEN</c>, <c>--password</c> or
    /// <c>Smtp:Password</c>. Of a path such as <c>smtp.password</c> the last part says it.
    /// </summary>
    public static string Redact(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        return IsSecret(name) ? Mask : Redact(value);
    }

    /// <summary>
    /// A command line of its arguments, divided by spaces, without secrets: also the argument after an option such as
    /// <c>--password</c> is masked. Arguments with spaces or quotes are quoted.
    /// </summary>
    public static string RedactCommandLine(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var shown = new string[arguments.Count];
        for (var i = 0; i < shown.Length; i++)
        {
            shown[i] = i > 0 && IsOption(arguments[i - 1]) && IsSecret(arguments[i - 1]) ? Mask : RedactArgument(arguments[i]);
            if (shown[i].Length == 0 || shown[i].AsSpan().ContainsAny(' ', '"'))
                shown[i] = $"\"{shown[i].Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
        }

        return string.Join(' ', shown);
    }

    private static string RedactArgument(string argument)
    {
        var name = AssignedName().Match(argument);
        return name.Success && IsSecret(name.Value) ? $"{name}={Mask}" : Redact(argument);
    }

    // with a slash only the options of Windows, and no path
    private static bool IsOption(string argument) =>
        (argument.StartsWith('-') || argument.LastIndexOf('/') == 0) && !argument.Contains('=', StringComparison.Ordinal);

    private static bool IsSecret(string name) => SecretName().IsMatch(name.AsSpan(name.LastIndexOf('.') + 1));

    /// <summary>
    /// Whether a word is base64 of <c>user:password</c>, with or without padding, in either alphabet, perhaps cut off: basic training
    /// is no secret, and without <c>Authorization</c> before it nothing else tells the two apart.
    /// </summary>
    private static bool IsUserAndPassword(string word)
    {
        var text = word.Replace('-', '+').Replace('_', '/').AsSpan();
        var end = text.IndexOfAny("~.=");
        text = end < 0 ? text : text[..end];
        text = text.Length % 4 == 1 ? text[..^1] : text;
        var bytes = Convert.FromBase64String(text.ToString().PadRight((text.Length + 3) / 4 * 4, '='));
        return bytes.Contains((byte)':') && !Array.Exists(bytes, b => b is < 0x20 or 0x7F);
    }

    [GeneratedRegex("-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", RegexOptions.Singleline)]
    private static partial Regex PrivateKey();

    // a password may hold a slash; what stands between a colon and the first slash is a port if it is a number, but not in a database's URL
    [GeneratedRegex(
        @"\b((?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|sqlserver|mssql)://)[^\s/:@\[""<>]*:[^\s""<>]*@"
        + @"|\b([a-z][a-z0-9+.-]*://)(?:[^\s/]+@|[^\s/:@\[""<>]*:(?!\d{1,5}/)[^\s""<>]*@)",
        RegexOptions.IgnoreCase)]
    private static partial Regex UserInfo();

    // without a scheme it is told from a word by its length and a digit
    [GeneratedRegex(
        """(Authorization(?:["'\\\s:=,]{1,8}(?:Bearer|Basic)\s+|["'\\\s]{0,4}[:=,]["'\\\s]{0,4}(?:(?:Token|Api-?Key|Negotiate|NTLM|SharedKey(?:Lite)?)\s+"""
        + """|(?=[\w+/~.-]{0,200}\d)(?=[\w+/~.=\\-]{16}))))(?:[^\s"',;\\]|\\(?!["']))+""",
        RegexOptions.IgnoreCase)]
    private static partial Regex Header();

    [GeneratedRegex(@"\b(?:(Bearer)|(Basic))\s+([A-Za-z0-9+/_~.=-]{8,})", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    // names and values may be quoted, also inside a quoted text, where each quote has backslashes; a signature is one in a URL only, and
    // PASS a password in the name of a variable
    [GeneratedRegex(
        "((?:password|passwd|pwd|passphrase|secret|token|credentials?|" + Key
        + """|sig|signature(?<=(?:(?:[?&;]|\\u0026)[\w-]{0,20}|shared[_ -]?access[_ -]?)signature)|pass(?-i:(?<=[A-Z0-9]_PASS))(?==))\\*["']?)(\s*[=:]\s*)"""
        + """(?:"(?>[^"\\]+|\\(?!"\s+[\w.-]{1,40}\s*[=:])[^\r\n]|\\(?=["\r\n]))*"|'(?>[^'\\]+|\\(?!'\s+[\w.-]{1,40}\s*[=:])[^\r\n]|\\(?=['\r\n]))*'|(\\{1,8})(["'])[^\r\n]*?(?<!\\)(?-i:\3\4)|\\*["'][^\s"'][^"'\r\n]*|[^\s;,&"']+)""",
        RegexOptions.IgnoreCase)]
    private static partial Regex Named();

    // in a connection string, which has another pair before, a value goes on to the semicolon or the end of the line, whatever it holds, unless it was masked already; only
    // the quote that was opened before the whole string ends it too
    [GeneratedRegex(
        @"(?<=[\w .-]=[^;\r\n]*)(;[ \t]*" + Qualifier + @"(?:password|passwd|pwd|account[_ -]?key|access[_ -]?key)[ \t]*=[ \t]*)(?!\*{3})(?:" + Quoted + @"(?!\w)"
        + @"|(?<=(?<!\w)([""'])[\w .-]+=[^""'\r\n]*)[^;\r\n]+?(?=(?-i:\2)(?!\w)|;|\r|\n|$)|[^;\r\n]+)",
        RegexOptions.IgnoreCase)]
    private static partial Regex BehindSemicolon();

    // the first value of one; with quotes in it only if it is clear that it is one
    [GeneratedRegex(
        @"((?:" + InConnectionString + @")[ \t]*=[ \t]*)(?!\*{3})(?:[^;\r\n""']+(?=;)|(?:" + Quoted + @"|[^;\r\n]+)(?=;\s*(?:[\w .-]+=|$)))",
        RegexOptions.IgnoreCase)]
    private static partial Regex BeforeSemicolon();

    // the option of a command inside a text: --password hunter2
    [GeneratedRegex(
        "(?<!\\S)(--?[\\w.:-]*(?:password|passwd|pwd|passphrase|(?<![a-z])pass|secret|token|credentials?|" + Key + "))"
        + """(\s+)("[^"]*"|'[^']*'|[^\s"']+)""",
        RegexOptions.IgnoreCase)]
    private static partial Regex Option();

    [GeneratedRegex(@"^[\w.:/-]+(?==)")]
    private static partial Regex AssignedName();

    [GeneratedRegex("(?:passwd|pwd|passphrase|(?<![a-z])pass|token|signature|key)$|password|secret|credential|_key_", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    // keys of AWS and Google, tokens of GitHub, GitLab, Hugging Face, OpenAI and Slack, and JSON web tokens have forms of their own
    [GeneratedRegex(
        @"\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[A-Za-z0-9_-]{35}|\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{22,}|\bglpat-[A-Za-z0-9_-]{20,}"
        + @"|\bhf_[A-Za-z0-9]{30,}\b|\bsk-[A-Za-z0-9_-]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")]
    private static partial Regex KnownKey();
}

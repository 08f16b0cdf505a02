using System.Text.RegularExpressions;

namespace Mlops.Metadata;

/// <summary>
/// Takes secrets out of captured text, such as an exception's, before it is stored: passwords in URLs and connection strings,
/// tokens, keys. What a user logs on purpose (parameters, tags, artifacts) is stored as it is given.
/// </summary>
public static partial class Redactor
{
    private const string Mask = "***";

    /// <summary>The text with each secret replaced by <c>***</c>.</summary>
    public static string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = PrivateKey().Replace(text, Mask);
        text = UserInfo().Replace(text, $"$1{Mask}@");
        text = Authorization().Replace(text, $"$1 {Mask}");
        text = InConnectionString().Replace(text, $"$1{Mask}");
        text = Named().Replace(text, $"$1$2{Mask}");
        return KnownKey().Replace(text, Mask);
    }

    [GeneratedRegex("-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", RegexOptions.Singleline)]
    private static partial Regex PrivateKey();

    [GeneratedRegex(@"\b([a-z][a-z0-9+.-]*://)[^\s/]+@", RegexOptions.IgnoreCase)]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"\b(Bearer|Basic)\s+[A-Za-z0-9+/_~.=-]{8,}", RegexOptions.IgnoreCase)]
    private static partial Regex Authorization();

    [GeneratedRegex(
        """((?:password|passwd|pwd|passphrase|secret|token|api[_ -]?key|access[_ -]?key|account[_ -]?key|shared[_ -]?access[_ -]?signature|sig)["']?)(\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s;,&"']+)""",
        RegexOptions.IgnoreCase)]
    private static partial Regex Named();

    // in a connection string a value goes on to the semicolon, whatever it holds
    [GeneratedRegex(@"((?:password|pwd|secret|token|account[_ -]?key|access[_ -]?key)\s*=\s*)[^;\r\n""']+(?=;)", RegexOptions.IgnoreCase)]
    private static partial Regex InConnectionString();

    // access keys of AWS, tokens of GitHub and of Slack have forms of their own
    [GeneratedRegex(@"\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bxox[abprs]-[A-Za-z0-9-]{10,}")]
    private static partial Regex KnownKey();
}

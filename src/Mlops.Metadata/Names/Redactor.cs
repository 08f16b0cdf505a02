using System.Text;

namespace Mlops.Metadata;

/// <summary>
/// Takes secrets out of captured text, such as an exception's, a command line's or a log line's, before it is stored: passwords
/// in URLs, connection strings and options, tokens, keys. What a user logs on purpose (parameters, tags, artifacts) is stored as
/// it is given. A secret that nothing around it gives away cannot be told from any other text.
/// </summary>
public static class Redactor
{
    internal const string Mask = "***";

    /// <summary>The text with each secret replaced by <c>***</c>.</summary>
    public static string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var secrets = new SecretScanner(text);
        if (!secrets.MoveNext())
            return text;
        var clean = new StringBuilder(text.Length);
        var copied = 0;
        do
        {
            if (secrets.Start > copied || copied == 0)
                clean.Append(text, copied, secrets.Start - copied).Append(Mask);
            copied = Math.Max(copied, secrets.End);
        }
        while (secrets.MoveNext());
        return clean.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>
    /// The value without secrets; all of it is masked if its name says that it is one, such as <c>HF_TOKEN</c>, <c>--password</c> or
    /// <c>Smtp:Password</c>. Of a path such as <c>smtp.password</c> the last part says it.
    /// </summary>
    public static string Redact(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        return SecretNames.IsSecret(name) ? Mask : Redact(value);
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
            shown[i] = i > 0 && IsOption(arguments[i - 1]) && SecretNames.IsSecret(arguments[i - 1]) ? Mask : RedactArgument(arguments[i]);
            if (shown[i].Length == 0 || shown[i].AsSpan().ContainsAny(' ', '"'))
                shown[i] = $"\"{shown[i].Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
        }

        return string.Join(' ', shown);
    }

    private static string RedactArgument(string argument)
    {
        var name = argument.AsSpan(0, Math.Max(0, argument.IndexOf('=', StringComparison.Ordinal)));
        return IsName(name) && SecretNames.IsSecret(name) ? $"{name}={Mask}" : Redact(argument);
    }

    private static bool IsName(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!SecretNames.IsWord(c) && c is not ('.' or ':' or '/' or '-'))
                return false;
        }

        return true;
    }

    // with a slash only the options of Windows, and no path
    private static bool IsOption(string argument) =>
        (argument.StartsWith('-') || argument.LastIndexOf('/') == 0) && !argument.Contains('=', StringComparison.Ordinal);
}

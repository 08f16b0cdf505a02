namespace Mlops.Storage;

/// <summary>What a seal freezes: names, and prefixes that end in <c>*</c>. One pattern per line in the database.</summary>
internal sealed class SealPatterns
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<string> _prefixes = [];

    public SealPatterns(string text)
    {
        foreach (var pattern in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (pattern[^1] == '*')
                _prefixes.Add(pattern[..^1]);
            else
                _names.Add(pattern);
        }
    }

    /// <summary>A seal with more patterns; the same if it names them all already.</summary>
    public static string Join(string? old, IReadOnlyList<string> patterns)
    {
        var known = old is null ? [] : old.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var all = known.Union(patterns, StringComparer.Ordinal).ToArray();
        return old is not null && all.Length == known.Length ? old : string.Join('\n', all);
    }

    public bool Covers(string field)
    {
        if (_names.Contains(field))
            return true;
        foreach (var prefix in _prefixes)
        {
            if (field.StartsWith(prefix, StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}

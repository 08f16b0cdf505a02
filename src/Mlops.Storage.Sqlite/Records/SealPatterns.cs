namespace Mlops.Storage.Sqlite;

/// <summary>What a seal freezes: names, and prefixes that end in <c>*</c>. One pattern per line in the database.</summary>
internal sealed class SealPatterns
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<string> _prefixes = [];

    private SealPatterns(string text)
    {
        Text = text;
        foreach (var pattern in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (pattern[^1] == '*')
                _prefixes.Add(pattern[..^1]);
            else
                _names.Add(pattern);
        }
    }

    public string Text { get; }

    public static SealPatterns? Parse(string? text) => text is null ? null : new SealPatterns(text);

    /// <summary>This seal with more patterns; the same if it names them all already.</summary>
    public static SealPatterns Join(SealPatterns? old, IReadOnlyList<string> patterns)
    {
        var known = old is null ? [] : old.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var all = known.Union(patterns, StringComparer.Ordinal).ToArray();
        return old is not null && all.Length == known.Length ? old : new SealPatterns(string.Join('\n', all));
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

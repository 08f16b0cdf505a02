namespace Mlops.Storage;

/// <summary>
/// What of each record travels with the answer; by default its body and all fields, and no series. Id, kind, key, revision, time
/// of creation and seal always do. Fields and series are named, or given by prefixes that end in <c>*</c>.
/// </summary>
public sealed record RecordProjection
{
    /// <summary>No body, no fields, no series.</summary>
    public static RecordProjection Ids { get; } = new() { Body = false, Fields = [] };

    /// <summary>Whether the body travels; empty if not.</summary>
    public bool Body { get; init; } = true;

    /// <summary>Which fields travel, each with its conflicts.</summary>
    public IReadOnlyList<string> Fields { get; init; } = ["*"];

    /// <summary>Which series travel, as <see cref="RecordPage.Series"/>.</summary>
    public IReadOnlyList<string> Series { get; init; } = [];

    /// <summary>Whether the field of this name travels.</summary>
    public bool HasField(string name) => Covers(Fields, name);

    /// <summary>Whether the series of this name travels.</summary>
    public bool HasSeries(string name) => Covers(Series, name);

    private static bool Covers(IReadOnlyList<string> patterns, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        foreach (var pattern in patterns)
        {
            if (pattern[^1] == '*' ? name.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal) : pattern == name)
                return true;
        }

        return false;
    }
}

namespace Mlops.Storage;

/// <summary>
/// The name of an object: 1 to 8 segments of 1 to 100 characters <c>[a-z0-9._-]</c>, divided by <c>/</c>; no segment is
/// <c>.</c> or <c>..</c> or ends in a dot. It is valid on every file system and object store, in either case.
/// </summary>
public readonly record struct ObjectName
{
    private readonly string? _value;

    private ObjectName(string value) => _value = value;

    /// <summary>The name.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default</c>.</exception>
    public string Value => _value ?? throw new InvalidOperationException("The object name is empty; use ObjectName.Parse.");

    /// <summary>Checks a name.</summary>
    /// <exception cref="FormatException">The text is not a valid name.</exception>
    public static ObjectName Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var segments = text.Split('/');
        return segments.Length <= 8 && segments.All(IsSegment)
            ? new ObjectName(text)
            : throw new FormatException($"'{text}' is not an object name: 1 to 8 segments of [a-z0-9._-], at most 100 long, divided by '/'.");
    }

    /// <inheritdoc/>
    public override string ToString() => _value ?? "";

    private static bool IsSegment(string segment) =>
        segment.Length is > 0 and <= 100 && segment[^1] != '.'
        && segment.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '-');
}

using System.Text;

namespace Mlops.Metadata;

/// <summary>
/// The logical path of an artifact inside its run, for example <c>model/model.zip</c>: data, never a path of the file system.
/// Segments are divided by <c>/</c>; <c>.</c> segments are dropped; text is brought to Unicode form C.
/// </summary>
public readonly record struct ArtifactPath
{
    /// <summary>Longest path in UTF-16 units.</summary>
    public const int MaxLength = 500;

    private readonly string? _value;

    private ArtifactPath(string value) => _value = value;

    /// <summary>The normalised path.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default</c>.</exception>
    public string Value => _value ?? throw new InvalidOperationException("The artifact path is empty; use ArtifactPath.Parse.");

    /// <summary>Checks and normalises a path.</summary>
    /// <exception cref="ArgumentException">
    /// The path is empty, too long, absolute, has a drive, a backslash, a control character, an empty or a <c>..</c> segment.
    /// </exception>
    public static ArtifactPath Parse(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Any(c => char.IsControl(c)))
            throw Refused(path.ReplaceLineEndings(" "), "has a control character");
        if (path.Contains('\\', StringComparison.Ordinal))
            throw Refused(path, "has a backslash; divide segments by '/'");
        if (path.StartsWith('/'))
            throw Refused(path, "is absolute; leave out the leading '/'");
        string normal;
        try
        {
            normal = string.Join('/', path.Split('/').Where(s => s != ".")).Normalize(NormalizationForm.FormC);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException("The artifact path is not valid Unicode: it has half a surrogate pair.", nameof(path), e);
        }

        if (normal.Length is 0 or > MaxLength)
            throw Refused(path, $"has {normal.Length} characters; 1 to {MaxLength} are allowed");
        if (normal.Length >= 2 && normal[1] == ':' && char.IsAsciiLetter(normal[0]))
            throw Refused(path, "begins with a drive");
        foreach (var segment in normal.Split('/'))
        {
            if (segment.Length == 0)
                throw Refused(path, "has an empty segment");
            if (segment == "..")
                throw Refused(path, "has a '..' segment and could leave the run");
        }

        return new ArtifactPath(normal);
    }

    /// <inheritdoc/>
    public override string ToString() => _value ?? "";

    private static ArgumentException Refused(string path, string why) =>
        new($"The artifact path '{EntityText.Cut(path, 80)}' {why}.", nameof(path));
}

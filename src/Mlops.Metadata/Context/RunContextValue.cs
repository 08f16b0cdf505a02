using System.Globalization;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>One named thing that is known of a run's surroundings: a text, a number, or a table. Build it with the static members.</summary>
public sealed record RunContextValue
{
    private RunContextValue(string name) => Name = EntityText.Key("context", name);

    /// <summary>The name, which begins with that of the provider where it has several: <c>git.commit</c>.</summary>
    public string Name { get; }

    /// <summary>The text or number; null for a table.</summary>
    public FieldValue? Value { get; private init; }

    /// <summary>The rows of a table; null for anything else.</summary>
    public IReadOnlyDictionary<string, string>? Rows { get; private init; }

    /// <summary>A table as the body of its record, laid down once.</summary>
    internal Lazy<(ReadOnlyMemory<byte> Body, string Key)>? Laid { get; private init; }

    /// <summary>A text that runs can be searched by.</summary>
    /// <param name="name">1 to 250 characters, no control characters.</param>
    /// <param name="text">What is beyond 4,000 characters is cut off.</param>
    /// <exception cref="ArgumentException">The name is not allowed.</exception>
    public static RunContextValue Text(string name, string text) => new(name) { Value = FieldValue.Text(text) };

    /// <summary>A number that runs can be searched by.</summary>
    /// <inheritdoc cref="Text"/>
    public static RunContextValue Number(string name, double number) =>
        new(name) { Value = FieldValue.Text(number.ToString("R", CultureInfo.InvariantCulture), number) };

    /// <summary>Many named texts, such as packages and their versions. They are stored once for all runs that have the same, and not searched.</summary>
    /// <inheritdoc cref="Text"/>
    public static RunContextValue Table(string name, IReadOnlyDictionary<string, string> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return new(name) { Rows = rows, Laid = new(() => RunContextRecord.Lay(rows)) };
    }
}

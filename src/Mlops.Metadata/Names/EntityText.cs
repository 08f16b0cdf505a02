using System.Collections;
using System.Globalization;

namespace Mlops.Metadata;

/// <summary>The one door through which names and texts enter; the limits are a superset of MLflow's.</summary>
public static class EntityText
{
    /// <summary>Longest key of a parameter, metric or tag, in UTF-16 units.</summary>
    public const int MaxKeyLength = 250;

    /// <summary>Longest value of a parameter or tag, in UTF-16 units.</summary>
    public const int MaxValueLength = 65_536;

    /// <summary>Longest name of an experiment or run, in UTF-16 units.</summary>
    public const int MaxNameLength = 500;

    /// <summary>Checks a key: 1 to 250 characters, none of them a control character or half a surrogate pair.</summary>
    /// <param name="kind">What it is the key of, for the message.</param>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentException">The key is not allowed; the message says why.</exception>
    public static string Key(string kind, string key) => Checked($"{kind} key", key, MaxKeyLength, nameof(key));

    /// <summary>Checks the name of an experiment or run: 1 to 500 characters.</summary>
    /// <inheritdoc cref="Key"/>
    public static string Name(string kind, string name) => Checked($"{kind} name", name, MaxNameLength, nameof(name));

    /// <summary>Checks the value of a parameter or tag: at most 65,536 characters of any kind but half a surrogate pair.</summary>
    /// <param name="kind">What it is a value of, for the message.</param>
    /// <param name="key">Its key, for the message.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The value is too long or not valid Unicode.</exception>
    public static string Value(string kind, string key, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length > MaxValueLength)
            throw new ArgumentException(
                $"The value of {kind} '{key}' has {value.Length} characters; at most {MaxValueLength} fit. Log long text as an artifact.", nameof(value));
        if (HasLoneSurrogate(value))
            throw new ArgumentException($"The value of {kind} '{key}' is not valid Unicode: it has half a surrogate pair.", nameof(value));
        return value;
    }

    /// <summary>
    /// The text of a value such as a parameter's: invariant and round-trip, so that equal values are equal texts in every culture.
    /// Null is <c>null</c>, a truth <c>true</c> or <c>false</c>, a time ISO 8601, and a sequence without a text of its own its items, such
    /// as <c>[64, 32]</c>.
    /// </summary>
    /// <param name="value">Any value; of a sequence at most <see cref="MaxValueLength"/> items are taken.</param>
    public static string Of(object? value) => value switch
    {
        null => "null",
        string text => text,
        bool truth => truth ? "true" : "false",
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => OfComposite(value),
    };

    /// <summary>The text, or as much of its beginning as fits, with a mark behind it. No surrogate pair is divided.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">Most UTF-16 units that are kept of it, at least 1; the mark comes on top.</param>
    /// <param name="mark">What is put behind a text that was cut.</param>
    public static string Cut(string text, int most, string mark = "…")
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)] + mark;
    }

    // tuples and records ask the culture of the thread for the texts of what they hold
    private static string OfComposite(object value)
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            var text = value.ToString() ?? "";
            return value is IEnumerable items && text == value.GetType().ToString()
                ? $"[{string.Join(", ", items.Cast<object?>().Take(MaxValueLength).Select(Of))}]"
                : text;
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static string Checked(string what, string text, int limit, string parameter)
    {
        ArgumentNullException.ThrowIfNull(text, parameter);
        if (text.Length == 0)
            throw new ArgumentException($"The {what} is empty; give it 1 to {limit} characters.", parameter);
        if (text.Length > limit)
            throw new ArgumentException($"The {what} '{Cut(text, 40)}' has {text.Length} characters; at most {limit} are allowed.", parameter);
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
                throw new ArgumentException($"The {what} has the control character U+{(int)text[i]:X4} at {i}; leave it out.", parameter);
        }

        if (HasLoneSurrogate(text))
            throw new ArgumentException($"The {what} is not valid Unicode: it has half a surrogate pair.", parameter);
        return text;
    }

    internal static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return true;
            i++;
        }

        return false;
    }
}

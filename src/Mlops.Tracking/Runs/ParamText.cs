using System.Globalization;

namespace Mlops.Tracking;

/// <summary>The text of a parameter's value: invariant and round-trip, so that equal values are equal texts in every culture.</summary>
internal static class ParamText
{
    public static string Of(object? value) => value switch
    {
        null => "null",
        string text => text,
        bool truth => truth ? "true" : "false",
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>The number that a text stands for, by which searches compare it; null for NaN and anything else.</summary>
    public static double? NumberIn(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && !double.IsNaN(number) ? number : null;
}

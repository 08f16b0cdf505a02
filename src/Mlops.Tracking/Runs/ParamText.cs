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
}

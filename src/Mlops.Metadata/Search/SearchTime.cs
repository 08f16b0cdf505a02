using System.Globalization;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Instants and durations as the search language writes them.</summary>
internal static class SearchTime
{
    /// <summary>Longest duration; from any present time it leads to a year that can be written.</summary>
    public const int MaxDays = 365_000;

    // K takes Z, an offset, or nothing, which means UTC
    private static readonly string[] Formats = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    private static readonly long FirstMillisecond = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();

    private static readonly long LastMillisecond = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static string Format(FieldValue time) => time.AsTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    public static bool TryParse(string text, out FieldValue value)
    {
        if (text is [_, _, _, _, _, _, _, _, _, _, ' ', ..])
            text = $"{text[..10]}T{text[11..]}";
        var parsed = DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time);
        value = FieldValue.Time(time);
        return parsed;
    }

    public static bool TryParseMilliseconds(string text, out FieldValue value)
    {
        var parsed = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds >= FirstMillisecond && milliseconds <= LastMillisecond;
        value = parsed ? FieldValue.Time(milliseconds * 1000) : default;
        return parsed;
    }

    /// <summary>A duration such as <c>7d</c> or <c>1.5h</c>.</summary>
    public static bool TryParseDuration(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        var unit = text is [.., var last] ? char.ToLowerInvariant(last) switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, 'w' => 604_800, _ => 0 } : 0;
        if (unit == 0
            || !double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            || count * unit > MaxDays * 86_400.0)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(count * unit);
        return true;
    }
}

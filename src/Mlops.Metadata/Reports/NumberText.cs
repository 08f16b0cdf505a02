using System.Globalization;

namespace Mlops.Metadata;

/// <summary>Numbers for people.</summary>
internal static class NumberText
{
    /// <summary>At most four digits, with k and M for thousands and millions; far from one, scientific.</summary>
    public static string Of(double value)
    {
        if (!double.IsFinite(value))
            return double.IsNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
        var (scaled, unit) = Math.Abs(value) switch
        {
            >= 1e9 => (value, ""),
            >= 1e6 => (value / 1e6, "M"),
            >= 1e4 => (value / 1e3, "k"),
            _ => (value, ""),
        };
        var isFar = scaled != 0 && Math.Abs(scaled) is >= 1e9 or < 1e-3;
        return scaled.ToString(isFar ? "0.###e0" : Math.Abs(scaled) >= 100 ? "0.#" : Math.Abs(scaled) >= 1 ? "0.###" : "0.#####", CultureInfo.InvariantCulture) + unit;
    }

    /// <summary>A whole number with its thousands apart.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A time in microseconds, in its two largest units.</summary>
    public static string Duration(double microseconds)
    {
        var time = TimeSpan.FromMicroseconds(Math.Abs(microseconds));
        var sign = microseconds < 0 ? "-" : "";
        return sign + time switch
        {
            { TotalDays: >= 1 } => Two(time.Days, "d", time.Hours, "h"),
            { TotalHours: >= 1 } => Two(time.Hours, "h", time.Minutes, "m"),
            { TotalMinutes: >= 1 } => Two(time.Minutes, "m", time.Seconds, "s"),
            _ => time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + "s",
        };
    }

    public static string Bytes(long bytes) => bytes < 1024
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes} B")
        : bytes < 1 << 20
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB");

    private static string Two(int large, string unit, int small, string smaller) =>
        small == 0 ? string.Create(CultureInfo.InvariantCulture, $"{large}{unit}") : string.Create(CultureInfo.InvariantCulture, $"{large}{unit} {small}{smaller}");
}

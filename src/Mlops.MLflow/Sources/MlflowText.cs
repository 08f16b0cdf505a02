using System.Globalization;
using Mlops.Metadata;

namespace Mlops.MLflow;

/// <summary>How MLflow writes values as text.</summary>
internal static class MlflowText
{
    private const long Earliest = -62_135_596_800_000;
    private const long Latest = 253_402_300_799_999;

    /// <summary>A Python float: <c>nan</c> and <c>inf</c> in any case, or digits.</summary>
    public static bool TryNumber(string text, out double value)
    {
        var bare = text.TrimStart('+', '-');
        if (bare.Equals("nan", StringComparison.OrdinalIgnoreCase))
        {
            value = double.NaN;
            return true;
        }

        if (bare.Equals("inf", StringComparison.OrdinalIgnoreCase) || bare.Equals("infinity", StringComparison.OrdinalIgnoreCase))
        {
            value = text.StartsWith('-') ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>A status as its number or its name; null for anything else.</summary>
    public static RunStatus? Status(string? text) => text?.ToUpperInvariant() switch
    {
        "1" or "RUNNING" => RunStatus.Running,
        "2" or "SCHEDULED" => RunStatus.Scheduled,
        "3" or "FINISHED" => RunStatus.Finished,
        "4" or "FAILED" => RunStatus.Failed,
        "5" or "KILLED" => RunStatus.Killed,
        _ => null,
    };

    /// <summary>Why a point's time cannot be kept; null if it can.</summary>
    public static string? TimeRefusal(SourcePoint point) => point.Milliseconds is > Earliest and < Latest
        ? null
        : $"Metric '{point.Key}' has a time outside the years 1 to 9999.";

    /// <summary>An instant from milliseconds; null where there is none or none that a calendar knows.</summary>
    public static DateTimeOffset? Time(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var ms) && ms is > Earliest and < Latest
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)ms)
            : null;

    /// <summary>The name of a run: its own, else that of its tag, else the beginning of its id.</summary>
    public static string RunName(string? name, IReadOnlyDictionary<string, string> tags, RunId id) =>
        !string.IsNullOrEmpty(name) ? name
        : tags.GetValueOrDefault("mlflow.runName") is { Length: > 0 } tagged ? tagged
        : id.ToString()[..8];

    /// <summary>The run that a data set or model goes into or comes out of, by the columns of <c>inputs</c>.</summary>
    public static string? RunOfLink(Func<string, string?> find) =>
        find("source_type")?.StartsWith("RUN", StringComparison.Ordinal) == true ? find("source_id")
        : find("destination_type")?.StartsWith("RUN", StringComparison.Ordinal) == true ? find("destination_id")
        : null;
}

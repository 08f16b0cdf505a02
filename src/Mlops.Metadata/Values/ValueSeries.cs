using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>How rich values are laid down: a series of digests for each kind and key of a run, named <c>values.kind.key</c>.</summary>
public static class ValueSeries
{
    internal const string Prefix = "values.";

    private static readonly (RichValueKind Kind, string Word)[] Words =
    [
        (RichValueKind.Text, "text"),
        (RichValueKind.Image, "image"),
        (RichValueKind.Figure, "figure"),
        (RichValueKind.Table, "table"),
        (RichValueKind.Histogram, "histogram"),
        (RichValueKind.ConfusionMatrix, "confusion_matrix"),
        (RichValueKind.RocCurve, "roc_curve"),
        (RichValueKind.PrecisionRecallCurve, "precision_recall_curve"),
        (RichValueKind.CalibrationCurve, "calibration_curve"),
    ];

    /// <summary>The append that logs a value whose content is stored already.</summary>
    public static SeriesAppend Logged(RunId run, RichValueKind kind, string key, long step, DateTimeOffset time, Digest content) => new(
        run.Value,
        NameOf(kind, key),
        SeriesColumns.OfDigests(new[] { step }, new[] { Microseconds.From(time) }, new[] { content }));

    /// <summary>The name of the series.</summary>
    /// <exception cref="ArgumentException">The key is not allowed.</exception>
    public static string NameOf(RichValueKind kind, string key) =>
        $"{Prefix}{Array.Find(Words, w => w.Kind == kind).Word ?? throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of value.")}.{EntityText.Key("value", key)}";

    /// <summary>The kind and key of a series, or null if it holds something else.</summary>
    internal static (RichValueKind Kind, string Key)? Parse(SeriesInfo series)
    {
        if (series.Type != SeriesType.Digest || !series.Name.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        var rest = series.Name[Prefix.Length..];
        return rest.IndexOf('.', StringComparison.Ordinal) is var dot and > 0 && Array.Find(Words, w => w.Word == rest[..dot]) is { Word: not null } known
            ? (known.Kind, rest[(dot + 1)..])
            : null;
    }
}

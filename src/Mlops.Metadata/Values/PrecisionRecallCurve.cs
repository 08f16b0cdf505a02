using System.Text.Json.Serialization;

namespace Mlops.Metadata;

/// <summary>What share of the alarms is right for what share of the positives found.</summary>
public sealed record PrecisionRecallCurve : RichValue
{
    /// <summary>Takes a curve that was computed elsewhere.</summary>
    /// <param name="recalls">0 to 1, not decreasing.</param>
    /// <param name="precisions">0 to 1; as many.</param>
    /// <param name="averagePrecision">0 to 1.</param>
    /// <exception cref="ArgumentException">The numbers do not fit.</exception>
    [JsonConstructor]
    public PrecisionRecallCurve(IReadOnlyList<double> recalls, IReadOnlyList<double> precisions, double averagePrecision)
    {
        Shares.Check(recalls, recalls?.Count ?? 0, nameof(recalls), increasing: true);
        Shares.Check(precisions, recalls!.Count, nameof(precisions), increasing: false);
        Shares.Check([averagePrecision], 1, nameof(averagePrecision), increasing: false);
        Recalls = recalls;
        Precisions = precisions!;
        AveragePrecision = averagePrecision;
    }

    /// <inheritdoc/>
    [JsonIgnore]
    public override RichValueKind Kind => RichValueKind.PrecisionRecallCurve;

    /// <summary>Share of the positives that score at least the threshold.</summary>
    public IReadOnlyList<double> Recalls { get; }

    /// <summary>Share of positives among those that score at least the threshold.</summary>
    public IReadOnlyList<double> Precisions { get; }

    /// <summary>Σ (Rₙ − Rₙ₋₁) Pₙ over all thresholds from the highest down, without interpolation.</summary>
    public double AveragePrecision { get; }

    /// <summary>The curve of some predictions, where positives should score higher; of the points at most 1,000 are kept.</summary>
    /// <exception cref="ArgumentException">A score is NaN, or the labels are all the same.</exception>
    public static PrecisionRecallCurve Of(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        var ranked = RankedScores.Of(scores, labels);
        var allPositives = ranked[^1].Positives;
        List<(double Recall, double Precision)> points = [];
        var (average, before) = (0.0, 0.0);
        foreach (var (_, positives, negatives) in ranked)
        {
            var (recall, precision) = (positives / allPositives, positives / (positives + negatives));
            average += (recall - before) * precision;
            before = recall;
            points.Add((recall, precision));
        }

        var kept = RankedScores.Thin(points);
        return new PrecisionRecallCurve([.. kept.Select(p => p.Recall)], [.. kept.Select(p => p.Precision)], Math.Clamp(average, 0, 1));
    }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Encode() => ValueJson.Write(this, ValueJson.Default.PrecisionRecallCurve);
}

using System.Text.Json.Serialization;

namespace Mlops.Metadata;

/// <summary>The receiver operating characteristic: what share of positives is found for what share of false alarms.</summary>
public sealed record RocCurve : RichValue
{
    /// <summary>Takes a curve that was computed elsewhere, from (0, 0) to (1, 1).</summary>
    /// <param name="falsePositiveRates">0 to 1, not decreasing.</param>
    /// <param name="truePositiveRates">0 to 1, not decreasing; as many.</param>
    /// <param name="area">The area under the curve, 0 to 1.</param>
    /// <exception cref="ArgumentException">The numbers do not fit.</exception>
    [JsonConstructor]
    public RocCurve(IReadOnlyList<double> falsePositiveRates, IReadOnlyList<double> truePositiveRates, double area)
    {
        Shares.Check(falsePositiveRates, falsePositiveRates?.Count ?? 0, nameof(falsePositiveRates), increasing: true);
        Shares.Check(truePositiveRates, falsePositiveRates!.Count, nameof(truePositiveRates), increasing: true);
        Shares.Check([area], 1, nameof(area), increasing: false);
        FalsePositiveRates = falsePositiveRates;
        TruePositiveRates = truePositiveRates!;
        Area = area;
    }

    /// <inheritdoc/>
    [JsonIgnore]
    public override RichValueKind Kind => RichValueKind.RocCurve;

    /// <summary>Share of the negatives that score at least the threshold.</summary>
    public IReadOnlyList<double> FalsePositiveRates { get; }

    /// <summary>Share of the positives that score at least the threshold.</summary>
    public IReadOnlyList<double> TruePositiveRates { get; }

    /// <summary>The area under the curve: the probability that a positive scores above a negative, ties counting half.</summary>
    public double Area { get; }

    /// <summary>
    /// The curve of some predictions, where positives should score higher. The area is that of all thresholds by the trapezoidal
    /// rule; of the points at most 1,000 are kept.
    /// </summary>
    /// <exception cref="ArgumentException">A score is NaN, or the labels are all the same.</exception>
    public static RocCurve Of(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        var ranked = RankedScores.Of(scores, labels);
        var (_, allPositives, allNegatives) = ranked[^1];
        List<(double X, double Y)> points = [(0, 0)];
        var area = 0.0;
        foreach (var (_, positives, negatives) in ranked)
        {
            var (x, y) = (negatives / allNegatives, positives / allPositives);
            area += (x - points[^1].X) * (y + points[^1].Y) / 2;
            points.Add((x, y));
        }

        var kept = RankedScores.Thin(points);
        return new RocCurve([.. kept.Select(p => p.X)], [.. kept.Select(p => p.Y)], Math.Clamp(area, 0, 1));
    }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Encode() => ValueJson.Write(this, ValueJson.Default.RocCurve);
}

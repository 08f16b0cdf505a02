using System.Text.Json.Serialization;

namespace Mlops.Metadata;

/// <summary>Whether probabilities mean what they say: in each bin the mean prediction and how often it came true.</summary>
public sealed record CalibrationCurve : RichValue
{
    /// <summary>Takes bins that were computed elsewhere; empty bins are left out.</summary>
    /// <param name="predicted">The mean probability predicted in each bin, 0 to 1.</param>
    /// <param name="observed">The share of positives in each bin, 0 to 1; as many.</param>
    /// <param name="counts">How many predictions are in each bin, at least 1; as many.</param>
    /// <exception cref="ArgumentException">The numbers do not fit.</exception>
    [JsonConstructor]
    public CalibrationCurve(IReadOnlyList<double> predicted, IReadOnlyList<double> observed, IReadOnlyList<long> counts)
    {
        Shares.Check(predicted, predicted?.Count ?? 0, nameof(predicted), increasing: false);
        Shares.Check(observed, predicted!.Count, nameof(observed), increasing: false);
        ArgumentNullException.ThrowIfNull(counts);
        if (counts.Count != predicted.Count || counts.Any(c => c < 1))
            throw new ArgumentException($"There are {predicted.Count} bins, each with a count of at least 1.", nameof(counts));
        Predicted = predicted;
        Observed = observed!;
        Counts = counts;
    }

    /// <inheritdoc/>
    [JsonIgnore]
    public override RichValueKind Kind => RichValueKind.CalibrationCurve;

    /// <summary>The mean probability predicted in each bin.</summary>
    public IReadOnlyList<double> Predicted { get; }

    /// <summary>The share of positives in each bin.</summary>
    public IReadOnlyList<double> Observed { get; }

    /// <summary>How many predictions are in each bin.</summary>
    public IReadOnlyList<long> Counts { get; }

    /// <summary>The expected calibration error: Σ (nᵢ / n) |predictedᵢ − observedᵢ|.</summary>
    [JsonIgnore]
    public double ExpectedError => Counts.Select((n, i) => n * Math.Abs(Predicted[i] - Observed[i])).Sum() / Counts.Sum();

    /// <summary>Sorts predictions into bins of equal width.</summary>
    /// <param name="probabilities">0 to 1; at least one.</param>
    /// <param name="labels">Which came true; as many.</param>
    /// <param name="bins">1 to 1,000.</param>
    /// <exception cref="ArgumentException">A probability is not from 0 to 1.</exception>
    public static CalibrationCurve Of(ReadOnlySpan<double> probabilities, ReadOnlySpan<bool> labels, int bins = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bins, 1_000);
        Shares.Check(probabilities.ToArray(), labels.Length, nameof(probabilities), increasing: false);
        var sums = new (double Predicted, double Observed, long Count)[bins];
        for (var i = 0; i < labels.Length; i++)
        {
            ref var bin = ref sums[Math.Min((int)(probabilities[i] * bins), bins - 1)];
            bin = (bin.Predicted + probabilities[i], bin.Observed + (labels[i] ? 1 : 0), bin.Count + 1);
        }

        var filled = sums.Where(b => b.Count > 0).ToList();
        return new CalibrationCurve(
            filled.ConvertAll(b => Math.Min(1, b.Predicted / b.Count)), filled.ConvertAll(b => b.Observed / b.Count), filled.ConvertAll(b => b.Count));
    }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Encode() => ValueJson.Write(this, ValueJson.Default.CalibrationCurve);
}

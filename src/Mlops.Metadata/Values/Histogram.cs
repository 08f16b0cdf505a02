using System.Text.Json.Serialization;

namespace Mlops.Metadata;

/// <summary>Counts of values between edges, for example of a layer's weights at this step.</summary>
public sealed record Histogram : RichValue
{
    /// <summary>Takes what was counted elsewhere.</summary>
    /// <param name="edges">Finite and increasing; bin <c>i</c> is from edge <c>i</c>, inclusive, to the next; the last bin has both.</param>
    /// <param name="counts">One less than edges; finite and not negative (weights may be fractions).</param>
    /// <exception cref="ArgumentException">The edges do not increase, or the numbers do not fit.</exception>
    [JsonConstructor]
    public Histogram(IReadOnlyList<double> edges, IReadOnlyList<double> counts)
    {
        ArgumentNullException.ThrowIfNull(edges);
        ArgumentNullException.ThrowIfNull(counts);
        if (counts.Count < 1 || edges.Count != counts.Count + 1)
            throw new ArgumentException($"A histogram of {counts.Count} counts has {counts.Count + 1} edges and at least one bin, not {edges.Count} edges.", nameof(edges));
        for (var i = 0; i < edges.Count; i++)
        {
            if (!double.IsFinite(edges[i]) || (i > 0 && edges[i] <= edges[i - 1]))
                throw new ArgumentException($"Edge {i} is {edges[i]:R}: edges are finite and each is greater than the one before.", nameof(edges));
        }

        if (counts.FirstOrDefault(c => !double.IsFinite(c) || c < 0, 0) is var wrong and not 0)
            throw new ArgumentException($"A count is {wrong:R}; counts are finite and not negative.", nameof(counts));
        Edges = edges;
        Counts = counts;
    }

    /// <inheritdoc/>
    [JsonIgnore]
    public override RichValueKind Kind => RichValueKind.Histogram;

    /// <summary>The edges of the bins.</summary>
    public IReadOnlyList<double> Edges { get; }

    /// <summary>How many values are in each bin.</summary>
    public IReadOnlyList<double> Counts { get; }

    /// <summary>
    /// Counts values in bins of equal width from the least to the greatest, or around them if they are hardly apart; NaN and infinities
    /// are left out.
    /// </summary>
    /// <param name="values">At least one finite value.</param>
    /// <param name="bins">1 to 10,000.</param>
    /// <exception cref="ArgumentException">No value is finite.</exception>
    public static Histogram Of(ReadOnlySpan<double> values, int bins = 64)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bins, 10_000);
        var (min, max) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values)
        {
            if (double.IsFinite(value))
                (min, max) = (Math.Min(min, value), Math.Max(max, value));
        }

        if (min > max)
            throw new ArgumentException("No value is finite, so there is nothing to count.", nameof(values));

        // no room between them for edges that are told apart
        var most = Math.Max(Math.Abs(min), Math.Abs(max));
        if ((max / bins) - (min / bins) < 4 * (most - Math.BitDecrement(most)))
        {
            min = Math.Max(-double.MaxValue, min - (0.5 * Math.Max(1, Math.Abs(min))));
            max = Math.Min(double.MaxValue, max + (0.5 * Math.Max(1, Math.Abs(max))));
        }

        var width = (max / bins) - (min / bins);
        var edges = Enumerable.Range(0, bins + 1).Select(i => double.Lerp(min, max, (double)i / bins)).ToArray();
        var counts = new double[bins];
        foreach (var value in values)
        {
            if (!double.IsFinite(value))
                continue;

            // rounding may put it one bin beside
            var bin = Math.Clamp((int)((value / width) - (min / width)), 0, bins - 1);
            if (value < edges[bin])
                bin--;
            else if (bin < bins - 1 && value >= edges[bin + 1])
                bin++;
            counts[bin]++;
        }

        return new Histogram(edges, counts);
    }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Encode() => ValueJson.Write(this, ValueJson.Default.Histogram);
}

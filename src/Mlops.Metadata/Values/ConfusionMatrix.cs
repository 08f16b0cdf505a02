using System.Text.Json.Serialization;

namespace Mlops.Metadata;

/// <summary>How often each class was predicted as each.</summary>
public sealed record ConfusionMatrix : RichValue
{
    /// <summary>Takes the counts.</summary>
    /// <param name="labels">The classes; different names.</param>
    /// <param name="counts">Rows are actual, columns predicted classes; finite and not negative (weights may be fractions).</param>
    /// <exception cref="ArgumentException">The counts are not square, or do not fit the labels.</exception>
    [JsonConstructor]
    public ConfusionMatrix(IReadOnlyList<string> labels, IReadOnlyList<IReadOnlyList<double>> counts)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(counts);
        if (labels.Count == 0 || labels.Contains(null!) || counts.Count != labels.Count || counts.Any(row => row?.Count != labels.Count))
            throw new ArgumentException($"{labels.Count} labels need as many rows of as many counts.", nameof(counts));
        if (labels.Distinct(StringComparer.Ordinal).Count() != labels.Count)
            throw new ArgumentException("Two classes have the same label.", nameof(labels));
        if (counts.Any(row => row.Any(c => !double.IsFinite(c) || c < 0)))
            throw new ArgumentException("Counts are finite and not negative.", nameof(counts));
        Labels = labels;
        Counts = counts;
    }

    /// <inheritdoc/>
    [JsonIgnore]
    public override RichValueKind Kind => RichValueKind.ConfusionMatrix;

    /// <summary>The classes.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Rows are actual, columns predicted classes.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Counts { get; }

    /// <summary>Counts pairs of labels. Classes are sorted ordinally.</summary>
    /// <exception cref="ArgumentException">There are no pairs, or unequally many of both.</exception>
    public static ConfusionMatrix Of(IReadOnlyList<string> actual, IReadOnlyList<string> predicted)
    {
        ArgumentNullException.ThrowIfNull(actual);
        ArgumentNullException.ThrowIfNull(predicted);
        if (actual.Count != predicted.Count)
            throw new ArgumentException($"There are {actual.Count} actual and {predicted.Count} predicted labels.", nameof(predicted));
        var labels = actual.Concat(predicted).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var places = labels.Select((label, i) => (label, i)).ToDictionary(p => p.label, p => p.i, StringComparer.Ordinal);
        var counts = labels.ConvertAll(_ => new double[labels.Count]);
        for (var i = 0; i < actual.Count; i++)
            counts[places[actual[i]]][places[predicted[i]]]++;
        return new ConfusionMatrix(labels, counts);
    }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Encode() => ValueJson.Write(this, ValueJson.Default.ConfusionMatrix);
}

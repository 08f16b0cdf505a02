namespace Mlops.Metadata;

/// <summary>Scores of two classes from the highest down, where equal scores are one threshold.</summary>
internal static class RankedScores
{
    /// <summary>Curves keep at most so many points; between them a straight line is as good on any screen.</summary>
    public const int MostPoints = 1_000;

    /// <summary>At each threshold how many positives and negatives score at least that.</summary>
    public static List<(double Threshold, double Positives, double Negatives)> Of(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        if (scores.Length != labels.Length)
            throw new ArgumentException($"There are {scores.Length} scores and {labels.Length} labels.", nameof(labels));
        var order = scores.ToArray();
        var sorted = labels.ToArray();
        if (Array.Exists(order, double.IsNaN))
            throw new ArgumentException("A score is NaN and has no place in the order.", nameof(scores));
        Array.Sort(order, sorted);
        List<(double, double, double)> thresholds = [];
        double positives = 0, negatives = 0;
        for (var i = order.Length - 1; i >= 0; i--)
        {
            if (sorted[i])
                positives++;
            else
                negatives++;
            if (i == 0 || order[i - 1] != order[i])
                thresholds.Add((order[i], positives, negatives));
        }

        if (positives == 0 || negatives == 0)
            throw new ArgumentException("All labels are the same; a curve needs both classes.", nameof(labels));
        return thresholds;
    }

    /// <summary>At most <see cref="MostPoints"/> of the points, evenly spread over the scores, with the first and the last.</summary>
    public static T[] Thin<T>(IReadOnlyList<T> points) => points.Count <= MostPoints
        ? [.. points]
        : [.. Enumerable.Range(0, MostPoints).Select(i => points[(int)((long)i * (points.Count - 1) / (MostPoints - 1))])];
}

using Microsoft.ML;
using Microsoft.ML.Data;

namespace Mlops.MicrosoftML;

/// <summary>How well scores order the rows of each group, as ML.NET itself measures it.</summary>
internal static class RankedGains
{
    public static IReadOnlyList<(string Metric, double Value)> Of(
        ReadOnlySpan<double> labels, ReadOnlySpan<double> groups, ReadOnlySpan<float> scores)
    {
        MLContext ml = new();
        var rows = new RankedRow[labels.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            // groups are told apart where they meet, so their number says as much as their key
            var group = i == 0 ? 1 : groups[i].Equals(groups[i - 1]) ? rows[i - 1].Group : rows[i - 1].Group + 1;
            rows[i] = new RankedRow { Label = (float)labels[i], Group = group, Score = scores[i] };
        }

        var metrics = ml.Ranking.Evaluate(
            ml.Data.LoadFromEnumerable(rows), nameof(RankedRow.Label), nameof(RankedRow.Group), nameof(RankedRow.Score));
        return [.. MetricNumbers.Of(metrics).Where(m => m.Key.StartsWith("ndcg", StringComparison.Ordinal)).Select(m => (m.Key, m.Value))];
    }

    private sealed class RankedRow
    {
        public float Label { get; init; }

        [KeyType(int.MaxValue)]
        public uint Group { get; init; }

        public float Score { get; init; }
    }
}

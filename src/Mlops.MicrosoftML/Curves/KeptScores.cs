using System.Runtime.InteropServices;

namespace Mlops.MicrosoftML;

/// <summary>Metrics that need the scores of all rows at once.</summary>
internal sealed class KeptScores(int prefixes, KeptScores.Measurement measure) : PrefixMetrics
{
    private readonly List<double> _labels = [];
    private readonly List<double> _groups = [];
    private readonly List<float>[] _scores = Array.ConvertAll(new int[prefixes], _ => new List<float>());

    public delegate IReadOnlyList<(string Metric, double Value)> Measurement(
        ReadOnlySpan<double> labels, ReadOnlySpan<double> groups, ReadOnlySpan<float> scores);

    public override void Add(List<double> labels, List<double> groups, float[][] scores)
    {
        _labels.AddRange(labels);
        _groups.AddRange(groups);
        for (var i = 0; i < scores.Length; i++)
            _scores[i].AddRange(scores[i].AsSpan(0, labels.Count));
    }

    public override IReadOnlyList<(string Metric, double Value)> Measure(int prefix) =>
        measure(CollectionsMarshal.AsSpan(_labels), CollectionsMarshal.AsSpan(_groups), CollectionsMarshal.AsSpan(_scores[prefix]));

    public static IReadOnlyList<(string Metric, double Value)> Area(
        ReadOnlySpan<double> labels, ReadOnlySpan<double> groups, ReadOnlySpan<float> scores)
    {
        var positive = new bool[labels.Length];
        for (var i = 0; i < positive.Length; i++)
            positive[i] = labels[i] > 0;
        return [("auc", RankArea.Of(scores, positive))];
    }
}

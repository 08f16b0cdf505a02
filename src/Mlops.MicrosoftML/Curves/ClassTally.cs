namespace Mlops.MicrosoftML;

/// <summary>Counts how often each prefix finds the right class, and how sure it is of it.</summary>
internal sealed class ClassTally(int prefixes, TreeEnsembleView trees) : PrefixMetrics
{
    // the least probability that ML.NET reckons with
    private const float Least = 1e-15f;

    private readonly (int Rows, int Right, double Loss)[] _tallies = new (int Rows, int Right, double Loss)[prefixes];

    public override void Add(List<double> labels, List<double> groups, float[][] scores) => Parallel.For(0, prefixes, prefix =>
    {
        ref var tally = ref _tallies[prefix];
        for (var i = 0; i < labels.Count; i++)
        {
            var row = scores[prefix].AsSpan(i * trees.Outputs, trees.Outputs);
            if (labels[i] < 0 || labels[i] != Math.Floor(labels[i]))
                continue;
            var best = 0;
            for (var j = 1; j < row.Length; j++)
                best = row[j] > row[best] ? j : best;
            tally.Rows++;
            tally.Right += best == labels[i] ? 1 : 0;
            tally.Loss -= Math.Log(labels[i] < row.Length ? Math.Clamp(row[(int)labels[i]], Least, 1) : Least);
        }
    });

    public override IReadOnlyList<(string Metric, double Value)> Measure(int prefix)
    {
        var (rows, right, loss) = _tallies[prefix];
        var accuracy = ("micro_accuracy", (double)right / rows);
        return trees.IsProbability ? [accuracy, ("log_loss", loss / rows)] : [accuracy];
    }
}

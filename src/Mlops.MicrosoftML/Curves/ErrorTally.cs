namespace Mlops.MicrosoftML;

/// <summary>Adds up how far each prefix is from the truth.</summary>
internal sealed class ErrorTally(int prefixes) : PrefixMetrics
{
    private readonly double[] _errors = new double[prefixes];
    private long _rows;
    private double _mean;
    private double _spread;

    public override void Add(List<double> labels, List<double> groups, float[][] scores)
    {
        // Welford's sum of squares around a mean that only the last row makes known
        foreach (var label in labels)
        {
            var distance = label - _mean;
            _mean += distance / ++_rows;
            _spread += distance * (label - _mean);
        }

        Parallel.For(0, prefixes, prefix =>
        {
            var sum = 0.0;
            for (var i = 0; i < labels.Count; i++)
                sum += (labels[i] - scores[prefix][i]) * (labels[i] - scores[prefix][i]);
            _errors[prefix] += sum;
        });
    }

    // R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)²
    public override IReadOnlyList<(string Metric, double Value)> Measure(int prefix) =>
        [("rmse", Math.Sqrt(_errors[prefix] / _rows)), ("r2", 1 - (_errors[prefix] / _spread))];
}

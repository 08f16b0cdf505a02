using Microsoft.ML;

namespace Mlops.MicrosoftML;

/// <summary>What is measured of the prefixes of a model, by the task that it was trained for.</summary>
internal abstract class PrefixMetrics
{
    /// <exception cref="NotSupportedException">The task has no curve.</exception>
    public static PrefixMetrics Of(ITransformer predictor, TreeEnsembleView trees, int prefixes)
    {
        bool Is(string task) => predictor.GetType().Name.StartsWith(task + "PredictionTransformer", StringComparison.Ordinal);
        return Is("Binary") ? new KeptScores(prefixes, KeptScores.Area)
            : Is("Regression") ? new ErrorTally(prefixes)
            : Is("Ranking") ? new KeptScores(prefixes, RankedGains.Of) { IsGrouped = true }
            : Is("Multiclass") ? new ClassTally(prefixes, trees)
            : throw new NotSupportedException("only classification, regression and ranking have a curve by prefixes.");
    }

    /// <summary>Whether rows belong to groups, in which they follow each other.</summary>
    public bool IsGrouped { get; private init; }

    /// <summary>Takes the next rows.</summary>
    /// <param name="labels">The truth of each; a key counts from 0.</param>
    /// <param name="groups">The group of each if it is grouped, else nothing.</param>
    /// <param name="scores">The scores of each prefix, row by row; there may be room for more behind them.</param>
    public abstract void Add(List<double> labels, List<double> groups, float[][] scores);

    public abstract IReadOnlyList<(string Metric, double Value)> Measure(int prefix);
}

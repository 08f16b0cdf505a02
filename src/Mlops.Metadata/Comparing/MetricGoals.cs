using System.Text.RegularExpressions;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Which way metrics are better: as the caller says, else an experiment, else a guess from the name.</summary>
public sealed partial class MetricGoals
{
    private readonly IReadOnlyDictionary<string, MetricGoal> _options;
    private readonly IReadOnlyList<RecordSnapshot> _experiments;

    private const string Prefix = "goals.";

    private static readonly HashSet<string> BetterSmall = new(StringComparer.OrdinalIgnoreCase)
    {
        "loss", "error", "err", "rmse", "mae", "mse", "mape", "smape", "msle", "rmsle", "perplexity", "ppl", "nll", "logloss",
        "crossentropy", "entropy", "deviance", "wer", "cer", "fid", "brier", "kl", "aic", "bic", "latency", "duration",
    };

    internal MetricGoals(IReadOnlyDictionary<string, MetricGoal> options, IReadOnlyList<RecordSnapshot> experiments)
    {
        _options = options;
        _experiments = experiments;
    }

    internal (MetricGoal Goal, GoalSource Source) Find(string metric)
    {
        if (_options.TryGetValue(metric, out var given))
            return (given, GoalSource.Option);
        foreach (var experiment in _experiments)
        {
            if (experiment.Find(Prefix + metric) is { Type: FieldType.Text } field
                && Enum.TryParse<MetricGoal>(field.AsText, ignoreCase: true, out var goal) && Enum.IsDefined(goal))
                return (goal, GoalSource.Experiment);
        }

        return (Guess(metric), GoalSource.Name);
    }

    /// <summary>Smaller if a word of the name says so; words end at other signs and where capitals begin.</summary>
    public static MetricGoal Guess(string metric) => Word().EnumerateMatches(metric) is var words && AnyIsSmall(metric, words)
        ? MetricGoal.Minimize
        : MetricGoal.Maximize;

    private static bool AnyIsSmall(string metric, Regex.ValueMatchEnumerator words)
    {
        foreach (var word in words)
        {
            var text = metric.AsSpan(word.Index, word.Length);
            if (BetterSmall.GetAlternateLookup<ReadOnlySpan<char>>().Contains(text)
                || text.EndsWith("loss", StringComparison.OrdinalIgnoreCase) || text.EndsWith("error", StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")]
    private static partial Regex Word();
}

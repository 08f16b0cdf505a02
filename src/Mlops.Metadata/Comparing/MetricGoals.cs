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
        "std", "distance", "bouldin",
    };

    // where no other word says more: a cost-weighted accuracy is an accuracy
    private static readonly HashSet<string> SmallByItself = new(StringComparer.OrdinalIgnoreCase)
    {
        "cost", "bce", "ce", "xent", "hinge", "huber", "logcosh", "kld", "nrmse", "medae", "mase", "crps", "ece", "eer", "fpr", "fnr", "regret",
    };

    private static readonly HashSet<string> BetterLarge = new(StringComparer.OrdinalIgnoreCase)
    {
        "accuracy", "acc", "auc", "auroc", "auprc", "roc", "f1", "r2", "precision", "recall", "sensitivity", "specificity", "ap", "map",
        "dcg", "ndcg", "mrr", "hit", "hits", "bleu", "rouge", "meteor", "iou", "miou", "dice", "jaccard", "psnr", "ssim", "mcc", "kappa",
        "score", "reward", "return", "elbo", "lift", "silhouette", "throughput", "information", "correlation", "similarity",
        "tpr", "tnr", "ppv", "npv", "prauc",
    };

    // of a loss or an error: the more of it, the better
    private static readonly HashSet<string> Reversing = new(StringComparer.OrdinalIgnoreCase) { "reduction", "improvement", "gain", "savings", "saved" };

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

        return Guess(metric) is { } known ? (known, GoalSource.Name) : (MetricGoal.Maximize, GoalSource.Assumed);
    }

    /// <summary>
    /// Smaller if a word of the name says so, such as loss or error, unless another says that it is about less of that, such as
    /// reduction; larger if a word such as accuracy says so; null if none says anything. What is measured stands before an <c>at</c> or
    /// <c>@</c>. Words end at other signs and where capitals begin.
    /// </summary>
    public static MetricGoal? Guess(string metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        return At().Match(metric) is { Success: true } at ? Say(metric[..at.Index]) ?? Say(metric) : Say(metric);
    }

    private static MetricGoal? Say(string metric) =>
        Any(metric, IsIn(Reversing)) ? MetricGoal.Maximize
        : Any(metric, IsSmall) ? MetricGoal.Minimize
        : Any(metric, IsIn(BetterLarge)) ? MetricGoal.Maximize
        : Any(metric, IsIn(SmallByItself)) ? MetricGoal.Minimize
        : null;

    private static Func<ReadOnlySpan<char>, bool> IsIn(HashSet<string> words) => words.GetAlternateLookup<ReadOnlySpan<char>>().Contains;

    private static bool IsSmall(ReadOnlySpan<char> word) =>
        IsIn(BetterSmall)(word) || word.EndsWith("loss", StringComparison.OrdinalIgnoreCase) || word.EndsWith("error", StringComparison.OrdinalIgnoreCase);

    private static bool Any(string metric, Func<ReadOnlySpan<char>, bool> says)
    {
        foreach (var word in Word().EnumerateMatches(metric))
        {
            if (says(metric.AsSpan(word.Index, word.Length)))
                return true;
        }

        return false;
    }

    [GeneratedRegex("@|(?<![A-Za-z])at(?![A-Za-z])", RegexOptions.IgnoreCase)]
    private static partial Regex At();

    [GeneratedRegex("[Ff]1|[Rr]2|[A-Z]?[a-z]+|[A-Z]+(?![a-z])")]
    private static partial Regex Word();
}

using Mlops.Metadata;

namespace Mlops.Tracking;

/// <summary>How a checkpoint is scored, and which older ones of its key are kept.</summary>
public sealed record CheckpointOptions
{
    /// <summary>Which of the run's models it is of; 1 to 100 characters that an artifact path may have, and no <c>/</c>.</summary>
    public string Key { get; init; } = "model";

    /// <summary>How good the model is at this step; null or NaN if that is not known. The best is always kept.</summary>
    public double? Score { get; init; }

    /// <summary>The metric that the score is a value of, such as <c>val_loss</c>; it tells which way the score is better.</summary>
    public string? Metric { get; init; }

    /// <summary>
    /// Which way the score is better. By default as for the last score of <see cref="Key"/> on this run, else that of
    /// <see cref="Metric"/>: the experiment's goal if this client has set or read it, else guessed from the name
    /// (<see cref="MetricGoals.Guess"/>). A score without any of them is refused.
    /// </summary>
    public MetricGoal? Goal { get; init; }

    /// <summary>How many of those logged last, whatever their step, are kept beside the best, at least 1; null keeps all.</summary>
    public int? KeepLast { get; init; }
}

using Mlops.Metadata;

namespace Mlops.Tracking;

/// <summary>How a checkpoint is scored, and which older ones of its key are kept.</summary>
public sealed record CheckpointOptions
{
    /// <summary>Which of the run's models it is of; 1 to 100 characters that an artifact path may have, and no <c>/</c>.</summary>
    public string Key { get; init; } = "model";

    /// <summary>How good the model is at this step; null or NaN if that is not known. The best is always kept.</summary>
    public double? Score { get; init; }

    /// <summary>Which way the score is better.</summary>
    public MetricGoal Goal { get; init; } = MetricGoal.Maximize;

    /// <summary>How many of those logged last, whatever their step, are kept beside the best, at least 1; null keeps all.</summary>
    public int? KeepLast { get; init; }
}

namespace Mlops.Metadata;

/// <summary>How it is known which way a metric is better.</summary>
public enum GoalSource
{
    /// <summary>The caller said so.</summary>
    Option = 1,

    /// <summary>The experiment of a run says so.</summary>
    Experiment = 2,

    /// <summary>It was guessed from the name of the metric.</summary>
    Name = 3,
}

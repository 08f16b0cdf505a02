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

    /// <summary>Nothing says so: larger is taken for better, and no run is called the best.</summary>
    Assumed = 4,
}

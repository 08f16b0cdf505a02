namespace Mlops.Metadata;

/// <summary>A step of a run's pipeline as it was when it was read.</summary>
public sealed record RunStep
{
    /// <summary>Its id; ids sort by birth.</summary>
    public required StepId Id { get; init; }

    /// <summary>The run it belongs to.</summary>
    public required RunId Run { get; init; }

    /// <summary>The step that it is a part of; null if it is directly below the run.</summary>
    public StepId? Parent { get; init; }

    /// <summary>Its name, such as <c>featurize</c>.</summary>
    public required string Name { get; init; }

    /// <summary>How many steps of this name there were below the same parent up to this one, in order of birth; from 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>Running, finished, failed or killed. One that was left without an end has failed once its run has ended.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>When it started, UTC, by the clock of its process.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>When it ended; null while it runs, and if it was left without an end.</summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>How long it took; null while it runs, and if it was left without an end.</summary>
    public TimeSpan? Duration => EndTime - StartTime;

    /// <summary>
    /// Why it failed or was killed: <see cref="RunEnd.Exception"/>, <see cref="RunEnd.Cancelled"/>, or
    /// <see cref="RunEnd.NotCompleted"/> if it was left without an end.
    /// </summary>
    public string? EndReason { get; init; }

    /// <summary>The text of the exception that ended it, without secrets, or what the watch found that cancelled it.</summary>
    public string? Error { get; init; }

    /// <summary>What it read, by name.</summary>
    public required IReadOnlyList<StepData> Inputs { get; init; }

    /// <summary>What it made, by name; of several artifacts at one path, the newest.</summary>
    public required IReadOnlyList<StepData> Outputs { get; init; }

    /// <summary>The steps directly below it, in order of birth.</summary>
    public IReadOnlyList<RunStep> Children { get; init; } = [];
}

namespace Mlops.Metadata;

/// <summary>Where a run stands. Stored as upper-case text; names and numbers are MLflow's.</summary>
public enum RunStatus
{
    /// <summary>It goes on.</summary>
    Running = 1,

    /// <summary>It waits to be run.</summary>
    Scheduled = 2,

    /// <summary>It was completed.</summary>
    Finished = 3,

    /// <summary>It failed, was disposed without an end, or its process vanished; see <see cref="Run.EndReason"/>.</summary>
    Failed = 4,

    /// <summary>It was cancelled.</summary>
    Killed = 5,
}

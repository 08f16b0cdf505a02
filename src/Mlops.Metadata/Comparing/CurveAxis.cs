namespace Mlops.Metadata;

/// <summary>Along what curves are laid beside each other.</summary>
public enum CurveAxis
{
    /// <summary>By step. Read from the store's statistics, so that the length of a curve hardly matters.</summary>
    Step = 1,

    /// <summary>By the time of each point, in microseconds since 1970 UTC. Every point is decoded, in constant memory.</summary>
    Time = 2,

    /// <summary>By the time since the start of each run, in microseconds. Every point is decoded, in constant memory.</summary>
    RelativeTime = 3,
}

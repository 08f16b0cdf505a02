namespace Mlops.Metadata;

/// <summary>Along what curves are laid beside each other.</summary>
public enum CurveAxis
{
    /// <summary>By step. Read from the store's statistics; points are decoded only at the edges of cells and where one holds an infinity.</summary>
    Step = 1,

    /// <summary>By the time of each point, in microseconds since 1970 UTC. Every point is decoded; memory holds the cells.</summary>
    Time = 2,

    /// <summary>By the time since the start of each run, in microseconds. Every point is decoded; memory holds the cells.</summary>
    RelativeTime = 3,
}

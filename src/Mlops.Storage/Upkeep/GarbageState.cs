namespace Mlops.Storage;

/// <summary>How far a piece of garbage is.</summary>
public enum GarbageState
{
    /// <summary>This run was the first to find that nothing names it. Its time begins.</summary>
    Condemned = 1,

    /// <summary>It waits until its grace is over.</summary>
    InGrace = 2,

    /// <summary>It would be deleted, if a client were not putting or reading since before it was condemned.</summary>
    Leased = 3,

    /// <summary>It is deleted; in a dry run, it would be.</summary>
    Deleted = 4,
}

namespace Mlops.Metadata;

/// <summary>Whether an entity was deleted. Deleting hides; it can be restored until it is purged.</summary>
public enum LifecycleStage
{
    /// <summary>In use.</summary>
    Active = 1,

    /// <summary>Deleted, and left out of queries unless asked for.</summary>
    Deleted = 2,
}

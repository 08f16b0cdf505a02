namespace Mlops.Sdk;

/// <summary>How much a finding matters.</summary>
public enum CheckSeverity
{
    /// <summary>As it should be.</summary>
    Ok = 0,

    /// <summary>Nothing is lost, but somebody should look.</summary>
    Warning = 1,

    /// <summary>Something is lost or damaged, or the store cannot be used.</summary>
    Error = 2,
}

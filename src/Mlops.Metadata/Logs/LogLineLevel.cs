namespace Mlops.Metadata;

/// <summary>How serious a line of a run's log is; the levels of Microsoft.Extensions.Logging.</summary>
public enum LogLineLevel
{
    /// <summary>The finest detail.</summary>
    Trace = 0,

    /// <summary>For whoever looks for a fault.</summary>
    Debug = 1,

    /// <summary>What happens in the ordinary course; also what was written to the console.</summary>
    Information = 2,

    /// <summary>Something unexpected; also what was written to the console's error stream.</summary>
    Warning = 3,

    /// <summary>Something failed.</summary>
    Error = 4,

    /// <summary>Everything failed.</summary>
    Critical = 5,
}

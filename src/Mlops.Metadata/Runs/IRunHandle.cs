namespace Mlops.Metadata;

/// <summary>Something that stands for one run, live or read back; verbs that join rooms extend it.</summary>
public interface IRunHandle
{
    /// <summary>The run's id.</summary>
    RunId Id { get; }
}

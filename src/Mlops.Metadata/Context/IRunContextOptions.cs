namespace Mlops.Metadata;

/// <summary>Options of which a package that captures context can be a part, by its <c>Use…</c> call. Implemented by the options of the SDK.</summary>
public interface IRunContextOptions
{
    /// <summary>What is captured.</summary>
    RunContextOptions Context { get; }
}

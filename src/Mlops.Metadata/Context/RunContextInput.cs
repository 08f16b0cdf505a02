namespace Mlops.Metadata;

/// <summary>The run whose context is captured.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="Experiment">The name of its experiment.</param>
public sealed record RunContextInput(RunId Id, string Name, string Experiment);

namespace Mlops.Sdk.Tests;

/// <summary>Tests that use something of which a process has one: its current folder, its meters, its environment.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWide
{
    public const string Name = "process-wide";
}

using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>An experiment: a named collection of runs.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its unique name.</param>
/// <param name="Created">When the store first saw it.</param>
/// <param name="Stage">Whether it was deleted.</param>
public sealed record Experiment(ExperimentId Id, string Name, DateTimeOffset Created, LifecycleStage Stage)
{
    internal static Experiment Read(RecordSnapshot record) => new(
        new ExperimentId(record.Id), record.Key ?? "", record.Created, RunRecord.ReadStage(record));
}

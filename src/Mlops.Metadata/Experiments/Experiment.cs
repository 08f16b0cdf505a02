using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>An experiment: a named collection of runs.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its unique name. Slashes make folders of it: <c>vision/cats/resnet</c> is in <c>vision/cats</c>.</param>
/// <param name="Created">When the store first saw it.</param>
/// <param name="Stage">Whether it was deleted.</param>
public sealed record Experiment(ExperimentId Id, string Name, DateTimeOffset Created, LifecycleStage Stage)
{
    /// <summary>The folder it is in, without a slash at the end; empty at the top.</summary>
    public string Folder => ExperimentPath.FolderOf(Name);

    /// <summary>Its name inside the folder.</summary>
    public string ShortName => Folder.Length == 0 ? Name : Name[(Folder.Length + 1)..];

    /// <summary>What people wrote about it, as Markdown; null if nothing.</summary>
    public string? Description { get; init; }

    /// <summary>Tags.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Which way metrics of its runs are better, for those of which it is known.</summary>
    public IReadOnlyDictionary<string, MetricGoal> Goals { get; init; } = new Dictionary<string, MetricGoal>();

    internal static Experiment Read(RecordSnapshot record) => new(
        new ExperimentId(record.Id), record.Key ?? "", record.Created, RunRecord.ReadStage(record))
    {
        Description = record.Find(ExperimentRecord.Description)?.AsText,
        Tags = RunRecord.Texts(record, ExperimentRecord.TagPrefix),
        Goals = RunRecord.Texts(record, ExperimentRecord.GoalPrefix).ToDictionary(
            g => g.Key, g => g.Value == ExperimentRecord.Minimize ? MetricGoal.Minimize : MetricGoal.Maximize, StringComparer.Ordinal),
    };
}

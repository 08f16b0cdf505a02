using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>How an experiment is laid down as a record. Its name is the record's key.</summary>
public static class ExperimentRecord
{
    /// <summary>The kind of the record.</summary>
    public const string Kind = "experiment";

    internal const string Description = "description";
    internal const string TagPrefix = "tags.";
    internal const string GoalPrefix = "goals.";
    internal const string Minimize = "minimize";

    /// <summary>The field that holds the description, at most 65,536 characters of Markdown; an empty text removes it.</summary>
    public static FieldWrite Described(string description) => RunRecord.OptionalText(Description, description);

    /// <summary>The field that holds a tag; null removes it.</summary>
    public static FieldWrite Tag(string key, string? value) => value is null
        ? FieldWrite.Remove(TagPrefix + EntityText.Key("tag", key))
        : FieldWrite.Set(TagPrefix + EntityText.Key("tag", key), FieldValue.Text(EntityText.Value("tag", key, value)));

    /// <summary>The field that says which way a metric is better; null removes it.</summary>
    public static FieldWrite Goal(string metric, MetricGoal? goal)
    {
        var field = GoalPrefix + EntityText.Key("metric", metric);
        return goal switch
        {
            null => FieldWrite.Remove(field),
            MetricGoal.Minimize => FieldWrite.Set(field, FieldValue.Text(Minimize)),
            MetricGoal.Maximize => FieldWrite.Set(field, FieldValue.Text("maximize")),
            _ => throw new ArgumentOutOfRangeException(nameof(goal), goal, "Not a goal of a metric."),
        };
    }

    /// <summary>The change that finds the experiment of that name, or creates it with that id.</summary>
    public static RecordChange Ensured(ExperimentId id, string name) => new()
    {
        Id = id.Value,
        Kind = Kind,
        Mode = ChangeMode.Ensure,
        Key = EntityText.Name("experiment", name),
        Action = "experiment.created",
    };

    /// <summary>The change that sets fields of an experiment, such as <see cref="Described"/>.</summary>
    public static RecordChange Edited(ExperimentId id, IReadOnlyList<FieldWrite> fields) => Update(id, "experiment.edited", fields);

    /// <summary>The change that deletes or restores an experiment; its runs are changes of their own.</summary>
    public static RecordChange Staged(ExperimentId id, LifecycleStage stage) => stage == LifecycleStage.Deleted
        ? Update(id, "experiment.deleted", [FieldWrite.Set(RunRecord.Stage, FieldValue.Text("deleted"))])
        : Update(id, "experiment.restored", [FieldWrite.Remove(RunRecord.Stage)]);

    internal static RecordChange Purged(ExperimentId id) => Update(id, "experiment.purged", []) with { Purge = true };

    private static RecordChange Update(ExperimentId id, string action, IReadOnlyList<FieldWrite> fields) =>
        new() { Id = id.Value, Kind = Kind, Mode = ChangeMode.Update, Action = action, Fields = fields };
}

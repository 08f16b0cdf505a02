using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>How an experiment is laid down as a record. Its name is the record's key.</summary>
public static class ExperimentRecord
{
    /// <summary>The kind of the record.</summary>
    public const string Kind = "experiment";

    /// <summary>The change that finds the experiment of that name, or creates it with that id.</summary>
    public static RecordChange Ensured(ExperimentId id, string name) => new()
    {
        Id = id.Value,
        Kind = Kind,
        Mode = ChangeMode.Ensure,
        Key = EntityText.Name("experiment", name),
        Action = "experiment.created",
    };
}

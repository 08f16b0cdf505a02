using Mlops.Storage;

namespace Mlops.Metadata;

public static partial class RunRecord
{
    /// <summary>The largest step, either way, at which a run can be forked: the field is a number, and beyond this it is not exact.</summary>
    public const long MaxForkStep = 1L << 53;

    internal const string NotesField = "notes";
    internal const string DeletedWithField = "deleted_with";
    internal const string ForkedFromField = "forked_from";
    internal const string ForkStepField = "fork_step";

    /// <summary>The field that holds the name, 1 to 500 characters.</summary>
    public static FieldWrite Named(string name) => FieldWrite.Set(Name, FieldValue.Text(EntityText.Name(Kind, name)));

    /// <summary>The field that holds the notes, at most 65,536 characters of Markdown; an empty text removes them.</summary>
    public static FieldWrite Noted(string notes) => OptionalText(NotesField, notes);

    /// <summary>Removes a tag.</summary>
    public static FieldWrite Untagged(string key) => FieldWrite.Remove(TagPrefix + EntityText.Key("tag", key));

    /// <summary>The fields of a run that shares the points of another up to a step.</summary>
    /// <param name="source">The run that it goes on from.</param>
    /// <param name="step">The last shared step, at most <see cref="MaxForkStep"/> either way.</param>
    public static IReadOnlyList<FieldWrite> Forked(RunId source, long step)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(step, MaxForkStep);
        ArgumentOutOfRangeException.ThrowIfLessThan(step, -MaxForkStep);
        return [FieldWrite.Set(ForkedFromField, FieldValue.Reference(source.Value)), FieldWrite.Set(ForkStepField, FieldValue.Number(step))];
    }

    /// <summary>The change that sets fields of a run after the fact, such as <see cref="Named"/>.</summary>
    public static RecordChange Edited(RunId id, IReadOnlyList<FieldWrite> fields) => Update(id, "run.edited", fields);

    /// <summary>The change that moves a run to the experiment of that name, which the same batch ensures.</summary>
    public static RecordChange Moved(RunId id, string experiment) => Update(
        id, "run.moved", [FieldWrite.Set(Experiment, FieldValue.Reference(new RecordKey(ExperimentRecord.Kind, experiment)))]);

    /// <summary>The change that deletes a run together with its experiment or with a run above it, and so is restored with that.</summary>
    public static RecordChange DeletedWith(RunId id, RecordId cause) => Update(id, "run.deleted", [
        FieldWrite.Set(Stage, FieldValue.Text("deleted")),
        FieldWrite.Set(DeletedWithField, FieldValue.Reference(cause)),
    ]);

    /// <summary>The change that removes all of a run but its log.</summary>
    public static RecordChange Purged(RunId id) => Update(id, "run.purged", []) with { Purge = true };

    internal static FieldWrite OptionalText(string field, string text) => EntityText.Value("field", field, text).Length == 0
        ? FieldWrite.Remove(field)
        : FieldWrite.Set(field, FieldValue.Text(text));
}

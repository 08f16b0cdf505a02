using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>
/// How a step of a pipeline is laid down as a record. It refers to its run, to the step above it and to the artifacts that it
/// used; an artifact that it made refers to it.
/// </summary>
public static class StepRecord
{
    /// <summary>The kind of the record.</summary>
    public const string Kind = "step";

    internal const string Run = "run";
    internal const string Parent = "parent";
    internal const string Name = "name";
    internal const string StartTime = "start_time";
    internal const string UsedArtifacts = "used_artifacts";
    internal const string InputPrefix = "inputs.";
    internal const string OutputPrefix = "outputs.";
    internal const string DigestMark = "sha256:";

    private static readonly string[] Frozen = [Run, Parent, Name, StartTime];

    /// <summary>The change that starts a step.</summary>
    /// <param name="id">The new step.</param>
    /// <param name="run">The run it belongs to.</param>
    /// <param name="parent">The step it is a part of, or null.</param>
    /// <param name="name">1 to 250 characters, no control characters.</param>
    /// <param name="start">When it starts.</param>
    /// <exception cref="ArgumentException">The name is not allowed.</exception>
    public static RecordChange Started(StepId id, RunId run, StepId? parent, string name, DateTimeOffset start)
    {
        List<FieldWrite> fields =
        [
            FieldWrite.Set(Run, FieldValue.Reference(run.Value)),
            FieldWrite.Set(Name, FieldValue.Text(EntityText.Key("step", name))),
            FieldWrite.Set(RunRecord.Status, RunRecord.StatusValue(RunStatus.Running)),
            FieldWrite.Set(StartTime, FieldValue.Time(start)),
        ];
        if (parent is { } above)
            fields.Add(FieldWrite.Set(Parent, FieldValue.Reference(above.Value)));
        return new RecordChange { Id = id.Value, Kind = Kind, Mode = ChangeMode.Create, Action = "step.started", Fields = fields, Seal = Frozen };
    }

    /// <summary>The change that ends a step.</summary>
    public static RecordChange Ended(StepId id, RunEnd end)
    {
        ArgumentNullException.ThrowIfNull(end);
        return Update(id, "step.ended", RunRecord.EndFields(end));
    }

    /// <summary>The change that adds to what a step read or made.</summary>
    public static RecordChange Linked(StepId id, FieldWrite link) => Update(id, "step.linked", [link]);

    /// <summary>The field that holds an input, which is an artifact or has a version or digest.</summary>
    /// <exception cref="ArgumentException">The name or version is not allowed.</exception>
    public static FieldWrite Input(StepData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return data.Artifact is { } artifact
            ? FieldWrite.Add(UsedArtifacts, FieldValue.Reference(artifact.Value))
            : Named(InputPrefix, "input", data);
    }

    /// <summary>The field that holds an output that is no artifact.</summary>
    /// <exception cref="ArgumentException">The name or version is not allowed.</exception>
    public static FieldWrite Output(StepData data) => Named(OutputPrefix, "output", data);

    /// <summary>The steps of a run that have no end.</summary>
    public static Filter IsOpen(RunId run) => new Filter.AllOf(
    [
        RunLifecycle.Refers(Run, run.Value),
        new Filter.Compare(Operand.Field(RunRecord.Status), FilterOperator.Equal, RunRecord.StatusValue(RunStatus.Running)),
    ]);

    /// <summary>The change that removes all of a step's record but its log.</summary>
    internal static RecordChange Purged(StepId id) => Update(id, "step.purged", []) with { Purge = true };

    internal static RunStep Read(RecordSnapshot record, bool runGoesOn, IEnumerable<StepData> used, IEnumerable<StepData> made)
    {
        var status = RunRecord.ParseStatus(record.Find(RunRecord.Status)?.AsText);
        var isLeft = status == RunStatus.Running && !runGoesOn;
        return new RunStep
        {
            Id = new StepId(record.Id),
            Run = new RunId(record.Find(Run)!.Value.AsReference),
            Parent = record.Find(Parent) is { } parent ? new StepId(parent.AsReference) : null,
            Name = record.Find(Name)?.AsText ?? "",
            Status = isLeft ? RunStatus.Failed : status,
            StartTime = record.Find(StartTime)?.AsTime ?? record.Created,
            EndTime = record.Find(RunRecord.EndTime)?.AsTime,
            EndReason = isLeft ? RunEnd.NotCompleted : record.Find(RunRecord.EndReason)?.AsText,
            Error = record.Find(RunRecord.Error)?.AsText,
            Inputs = InOrder(Named(record, InputPrefix).Concat(used)),
            Outputs = InOrder(Named(record, OutputPrefix).Concat(made)),
        };
    }

    // the digest of foreign data is text before the version: a digest field would say that the store holds the content
    private static FieldWrite Named(string prefix, string kind, StepData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var name = prefix + EntityText.Key(kind, data.Name);
        var version = EntityText.Value(kind, data.Name, data.Version ?? "");
        return FieldWrite.Add(name, FieldValue.Text($"{(data.Digest is { } digest ? DigestMark + digest : "")} {version}"));
    }

    private static IEnumerable<StepData> Named(RecordSnapshot record, string prefix)
    {
        foreach (var (name, values) in record.Fields)
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            foreach (var text in values.Select(value => value.AsText))
            {
                var blank = text.IndexOf(' ', StringComparison.Ordinal);
                var digest = blank > 0 && text.StartsWith(DigestMark, StringComparison.Ordinal) ? Digest.Parse(text.AsSpan(DigestMark.Length..blank)) : (Digest?)null;
                var version = blank == 0 || digest is not null ? text[(blank + 1)..] : text;
                yield return new StepData(name[prefix.Length..], version.Length > 0 ? version : null, digest);
            }
        }
    }

    private static List<StepData> InOrder(IEnumerable<StepData> data) =>
        [.. data.OrderBy(d => d.Name, StringComparer.Ordinal).ThenBy(d => d.Version, StringComparer.Ordinal)];

    private static RecordChange Update(StepId id, string action, IReadOnlyList<FieldWrite> fields) =>
        new() { Id = id.Value, Kind = Kind, Mode = ChangeMode.Update, Action = action, Fields = fields };
}

using System.Globalization;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>How a run is laid down as a record: the one place that knows its fields.</summary>
public static partial class RunRecord
{
    /// <summary>The kind of the record.</summary>
    public const string Kind = "run";

    internal const string Experiment = "experiment";
    internal const string Name = "name";
    internal const string Status = "status";
    internal const string Stage = "lifecycle";
    internal const string StartTime = "start_time";
    internal const string EndTime = "end_time";
    internal const string EndReason = "end_reason";
    internal const string Error = "error";
    internal const string Parent = "parent";
    internal const string Owner = "owner";
    internal const string Context = "context";
    internal const string DroppedPrefix = "dropped_points.";
    internal const string GapsPrefix = "journal_gaps.";
    internal const string DamagePrefix = "journal_damage.";
    internal const string ParamPrefix = "params.";
    internal const string TagPrefix = "tags.";
    internal const string MetricPrefix = "metrics.";
    internal const string SystemPrefix = "system/";

    private static readonly string[] Attributes =
    [
        Experiment, Name, Status, Stage, StartTime, EndTime, EndReason, Error, Parent, Owner, Context, NotesField, DeletedWithField, ForkedFromField, ForkStepField,
        DroppedPrefix + "*", GapsPrefix + "*", DamagePrefix + "*", WatchPrefix + "*",
    ];

    /// <summary>
    /// The name of the series that holds a metric. Keys that begin with <c>system/</c> have series beside the others, so that what a
    /// process used is not taken for what it measured.
    /// </summary>
    public static string MetricSeries(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.StartsWith(SystemPrefix, StringComparison.Ordinal) ? key : MetricPrefix + key;
    }

    /// <summary>The field that refers to the context of that key (see <see cref="RunContextRecord"/>), which is there already.</summary>
    public static FieldWrite InContext(string key) => FieldWrite.Set(Context, FieldValue.Reference(new RecordKey(RunContextRecord.Kind, key)));

    /// <summary>The field that holds a parameter, write-once, as text with a number beside it where it is one.</summary>
    public static FieldWrite Param(string key, string value, double? number) =>
        FieldWrite.Once(ParamPrefix + key, FieldValue.Text(value, number));

    /// <summary>The field that holds a parameter, with the number that the text stands for; none for NaN and anything else.</summary>
    public static FieldWrite Param(string key, string value) => Param(
        key,
        value,
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && !double.IsNaN(number) ? number : null);

    /// <summary>The field that holds a tag.</summary>
    public static FieldWrite Tag(string key, string value) => FieldWrite.Set(TagPrefix + key, FieldValue.Text(value));

    /// <summary>The change that starts a run in the experiment of that name, which the same batch ensures.</summary>
    /// <param name="id">The new run.</param>
    /// <param name="experiment">The experiment's name.</param>
    /// <param name="name">A name for people.</param>
    /// <param name="start">When it starts.</param>
    /// <param name="owner">The client that owns it.</param>
    /// <param name="parent">The run it is a part of.</param>
    public static RecordChange Started(
        RunId id, string experiment, string name, DateTimeOffset start, RecordId owner, RunId? parent)
    {
        List<FieldWrite> fields =
        [
            FieldWrite.Set(Experiment, FieldValue.Reference(new RecordKey(ExperimentRecord.Kind, experiment))),
            FieldWrite.Set(Name, FieldValue.Text(EntityText.Name(Kind, name))),
            FieldWrite.Set(Status, StatusValue(RunStatus.Running)),
            FieldWrite.Set(StartTime, FieldValue.Time(start)),
            FieldWrite.Set(Owner, FieldValue.Text(owner.ToString())),
        ];
        if (parent is { } p)
            fields.Add(FieldWrite.Set(Parent, FieldValue.Reference(p.Value)));
        return new RecordChange { Id = id.Value, Kind = Kind, Mode = ChangeMode.Create, Action = "run.started", Fields = fields };
    }

    /// <summary>
    /// The fields of a new run that was written elsewhere. It has no owner here, so that nobody ends it as lost while it runs there.
    /// </summary>
    public static IReadOnlyList<FieldWrite> Foreign(ExperimentId experiment, string name, DateTimeOffset start, RunId? parent)
    {
        List<FieldWrite> fields =
        [
            FieldWrite.Set(Experiment, FieldValue.Reference(experiment.Value)),
            FieldWrite.Set(Name, FieldValue.Text(EntityText.Name(Kind, name))),
            FieldWrite.Set(StartTime, FieldValue.Time(start)),
        ];
        if (parent is { } p)
            fields.Add(FieldWrite.Set(Parent, FieldValue.Reference(p.Value)));
        return fields;
    }

    /// <summary>The fields that say how far a run that was written elsewhere is there now; without an end it goes on.</summary>
    public static IReadOnlyList<FieldWrite> ForeignState(RunStatus status, DateTimeOffset? end) =>
    [
        FieldWrite.Set(Status, StatusValue(status)),
        end is { } ended ? FieldWrite.Set(EndTime, FieldValue.Time(ended)) : FieldWrite.Remove(EndTime),
    ];

    /// <summary>The change that sets some fields of a run, such as <see cref="Param(string, string)"/> and <see cref="Tag"/>.</summary>
    public static RecordChange Logged(RunId id, IReadOnlyList<FieldWrite> fields) => Update(id, "run.logged", fields);

    /// <summary>The change that ends a run.</summary>
    public static RecordChange Ended(RunId id, RunEnd end)
    {
        ArgumentNullException.ThrowIfNull(end);
        return Update(id, "run.ended", EndFields(end));
    }

    /// <summary>The change that lets a run go on, with a new owner if it was reopened, or revoking a wrong <c>lost</c>.</summary>
    public static RecordChange Resumed(RunId id, RecordId owner) => Update(id, "run.resumed", [
        FieldWrite.Set(Status, StatusValue(RunStatus.Running)),
        FieldWrite.Remove(EndTime),
        FieldWrite.Remove(EndReason),
        FieldWrite.Remove(Error),
        FieldWrite.Set(Owner, FieldValue.Text(owner.ToString())),
    ]);

    /// <summary>The change that deletes or restores a run.</summary>
    public static RecordChange Staged(RunId id, LifecycleStage stage) => stage == LifecycleStage.Deleted
        ? Update(id, "run.deleted", [FieldWrite.Set(Stage, FieldValue.Text("deleted"))])
        : Update(id, "run.restored", [FieldWrite.Remove(Stage), FieldWrite.Remove(DeletedWithField)]);

    /// <summary>The change that says, for ever, how many points of the run a client had to drop in all; they add up over clients.</summary>
    public static RecordChange PointsDropped(RunId id, RecordId client, long count) =>
        Update(id, "run.points_dropped", [FieldWrite.Set(DroppedPrefix + client, FieldValue.Number(count))]);

    /// <summary>The change that says, for ever, how often points of the run stood in memory only, where a crash loses them.</summary>
    public static RecordChange JournalGaps(RunId id, RecordId client, long count) =>
        Update(id, "run.journal_gaps", [FieldWrite.Set(GapsPrefix + client, FieldValue.Number(count))]);

    /// <summary>The change that says, for ever, that a journal of the run was damaged.</summary>
    public static RecordChange JournalDamaged(RunId id, RecordId client, string damage) =>
        Update(id, "run.journal_damaged", [FieldWrite.Set(DamagePrefix + client, FieldValue.Text(damage))]);

    /// <summary>Every status as it is stored.</summary>
    internal static IReadOnlyList<string> StatusWords { get; } = [.. Enum.GetValues<RunStatus>().Select(StatusText)];

    /// <summary>A condition that is never unknown: what is active has no stage.</summary>
    internal static Filter IsAt(LifecycleStage stage)
    {
        var active = new Filter.IsMissing(Operand.Field(Stage));
        return stage == LifecycleStage.Active ? active : new Filter.Negation(active);
    }

    internal static FieldValue StatusValue(RunStatus status) => FieldValue.Text(StatusText(status));

    /// <summary>What travels of a run; of <paramref name="columns"/>, null means all.</summary>
    internal static RecordProjection Select(IReadOnlyList<string>? columns)
    {
        if (columns is null)
            return new RecordProjection { Body = false, Series = [MetricPrefix + "*"] };
        var metrics = columns.Where(c => c.StartsWith(MetricPrefix, StringComparison.Ordinal)).ToList();
        foreach (var column in columns.Except(metrics))
        {
            if (!column.StartsWith(ParamPrefix, StringComparison.Ordinal) && !column.StartsWith(TagPrefix, StringComparison.Ordinal))
                throw new ArgumentException($"'{column}' cannot be selected. Name params.<key>, metrics.<key> or tags.<key>, or a prefix that ends in *.");
        }

        return new RecordProjection { Body = false, Fields = [.. Attributes, .. columns.Except(metrics)], Series = metrics };
    }

    internal static LifecycleStage ReadStage(RecordSnapshot record) =>
        record.Find(Stage) is null ? LifecycleStage.Active : LifecycleStage.Deleted;

    /// <summary>The run that a record and the series of its owner hold, without what was not read of them.</summary>
    /// <exception cref="NotFoundException">The record is of another kind.</exception>
    public static Run Read(RecordSnapshot record, IEnumerable<SeriesInfo> series)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(series);
        if (record.Kind != Kind)
            throw new NotFoundException($"Record {record.Id} is of the kind '{record.Kind}', not a run. Check the id.");
        return new Run
        {
            Id = new RunId(record.Id),
            ExperimentId = new ExperimentId(record.Find(Experiment)?.AsReference ?? default),
            Name = record.Find(Name)?.AsText ?? "",
            Status = ParseStatus(record.Find(Status)?.AsText),
            Stage = record.IsPurged ? LifecycleStage.Deleted : ReadStage(record),
            StartTime = record.Find(StartTime)?.AsTime ?? record.Created,
            EndTime = record.Find(EndTime)?.AsTime,
            EndReason = record.Find(EndReason)?.AsText,
            Error = record.Find(Error)?.AsText,
            Notes = record.Find(NotesField)?.AsText,
            ForkedFrom = record.Find(ForkedFromField) is { } source ? new RunId(source.AsReference) : null,
            ForkStep = (long?)record.Find(ForkStepField)?.AsNumber,
            ParentId = record.Find(Parent) is { } parent ? new RunId(parent.AsReference) : null,
            Owner = record.Find(Owner) is { } owner ? RecordId.Parse(owner.AsText, CultureInfo.InvariantCulture) : null,
            DroppedPoints = Sum(record, DroppedPrefix),
            JournalGaps = Sum(record, GapsPrefix),
            JournalDamage = Texts(record, DamagePrefix) is { Count: > 0 } damage ? string.Join("; ", damage.Values) : null,
            Params = Texts(record, ParamPrefix),
            Tags = Texts(record, TagPrefix),
            Metrics = series.Where(s => s.Name.StartsWith(MetricPrefix, StringComparison.Ordinal))
                .ToDictionary(s => s.Name[MetricPrefix.Length..], s => s.Summary, StringComparer.Ordinal),
            SystemMetrics = series.Where(s => s.Name.StartsWith(SystemPrefix, StringComparison.Ordinal))
                .ToDictionary(s => s.Name, s => s.Summary, StringComparer.Ordinal),
            ContextId = record.Find(Context)?.AsReference,
            WatchFindings = ReadFindings(record),
            Conflicts = record.Conflicts,
        };
    }

    internal static IReadOnlyList<FieldWrite> EndFields(RunEnd end) =>
    [
        FieldWrite.Set(Status, StatusValue(end.Status)),
        FieldWrite.Set(EndTime, FieldValue.Time(end.Time)),
        Optional(EndReason, end.Reason),
        Optional(Error, end.Error),
    ];

    private static RecordChange Update(RunId id, string action, IReadOnlyList<FieldWrite> fields) =>
        new() { Id = id.Value, Kind = Kind, Mode = ChangeMode.Update, Action = action, Fields = fields };

    private static FieldWrite Optional(string name, string? text) =>
        text is null ? FieldWrite.Remove(name) : FieldWrite.Set(name, FieldValue.Text(text));

    // one field per client, so that no client overwrites what another had to say
    private static long Sum(RecordSnapshot record, string prefix) =>
        (long)record.Fields.Where(f => f.Key.StartsWith(prefix, StringComparison.Ordinal)).Sum(f => f.Value[0].AsNumber ?? 0);

    internal static SortedDictionary<string, string> Texts(RecordSnapshot record, string prefix)
    {
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in record.Fields)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
                texts.Add(name[prefix.Length..], values[0].AsText);
        }

        return texts;
    }

    private static string StatusText(RunStatus status) => status switch
    {
        RunStatus.Running => "RUNNING",
        RunStatus.Scheduled => "SCHEDULED",
        RunStatus.Finished => "FINISHED",
        RunStatus.Failed => "FAILED",
        RunStatus.Killed => "KILLED",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "Not a run status."),
    };

    internal static RunStatus ParseStatus(string? text) => text switch
    {
        "SCHEDULED" => RunStatus.Scheduled,
        "FINISHED" => RunStatus.Finished,
        "FAILED" => RunStatus.Failed,
        "KILLED" => RunStatus.Killed,
        _ => RunStatus.Running,
    };
}

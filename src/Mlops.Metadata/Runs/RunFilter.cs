using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Conditions for <see cref="RunQuery.Filter"/>; combine them with <c>&amp;</c>, <c>|</c> and <c>!</c>.</summary>
public static class RunFilter
{
    /// <summary>The id.</summary>
    public static SearchField<RunId> Id { get; } = new(Operand.Property(RecordProperty.Id), id => FieldValue.Reference(id.Value));

    /// <summary>The name for people.</summary>
    public static SearchField<string> Name { get; } = TextOf(RunRecord.Name);

    /// <summary>The name of the experiment, looked up when the query runs: by equality, <c>IsIn</c> or a pattern.</summary>
    public static SearchField<string> Experiment { get; } = TextOf(RunRecord.Experiment);

    /// <summary>The run that it is a part of.</summary>
    public static SearchField<RunId> ParentId { get; } = new(Operand.Field(RunRecord.Parent), id => FieldValue.Reference(id.Value));

    /// <summary>When it started, by the clock of its process.</summary>
    public static SearchField<DateTimeOffset> StartTime { get; } = new(Operand.Field(RunRecord.StartTime), FieldValue.Time);

    /// <summary>When it ended; missing while it runs.</summary>
    public static SearchField<DateTimeOffset> EndTime { get; } = new(Operand.Field(RunRecord.EndTime), FieldValue.Time);

    /// <summary>When the store first saw it.</summary>
    public static SearchField<DateTimeOffset> Created { get; } = new(Operand.Property(RecordProperty.Created), FieldValue.Time);

    /// <summary>Why it failed or was killed.</summary>
    public static SearchField<string> EndReason { get; } = TextOf(RunRecord.EndReason);

    /// <summary>The text of the exception that ended it.</summary>
    public static SearchField<string> Error { get; } = TextOf(RunRecord.Error);

    /// <summary>The notes of people.</summary>
    public static SearchField<string> Notes { get; } = TextOf(RunRecord.NotesField);

    /// <summary>A metric, its last value unless told otherwise.</summary>
    public static SearchField<double> Metric(string key, SeriesAggregate aggregate = SeriesAggregate.Last) =>
        new(Operand.Series(RunRecord.MetricSeries(key), aggregate), FieldValue.Number);

    /// <summary>A parameter as text.</summary>
    public static SearchField<string> Param(string key) => TextOf(RunRecord.ParamPrefix + key);

    /// <summary>A parameter as a number; comparisons are unknown where it is not one.</summary>
    public static SearchField<double> NumericParam(string key) => new(Operand.Field(RunRecord.ParamPrefix + key), FieldValue.Number);

    /// <summary>A tag.</summary>
    public static SearchField<string> Tag(string key) => TextOf(RunRecord.TagPrefix + key);

    /// <summary>Something that was captured, such as <c>git.commit</c>, looked up when the query runs.</summary>
    public static SearchField<string> Context(string name) => TextOf(RunContextRecord.ValuePrefix + name);

    /// <summary>A number that was captured, such as <c>cores</c>; comparisons are unknown where it is not one.</summary>
    public static SearchField<double> NumericContext(string name) => new(Operand.Field(RunContextRecord.ValuePrefix + name), FieldValue.Number);

    /// <summary>What a watching rule found, by the rule's name, as text; missing where it found nothing.</summary>
    public static SearchField<string> Watch(string rule) => TextOf(RunRecord.WatchPrefix + rule);

    /// <summary>Runs that are active, or deleted; for the latter set <see cref="RunQuery.IncludeDeleted"/>.</summary>
    public static Filter Stage(LifecycleStage stage) => RunRecord.IsAt(stage);

    /// <summary>Compares a metric, its last value unless told otherwise, with a number.</summary>
    public static Filter Metric(string key, FilterOperator op, double value, SeriesAggregate aggregate = SeriesAggregate.Last) =>
        new Filter.Compare(Operand.Series(RunRecord.MetricSeries(key), aggregate), op, FieldValue.Number(value));

    /// <summary>Compares a parameter as text.</summary>
    public static Filter Param(string key, FilterOperator op, string value) =>
        new Filter.Compare(Operand.Field(RunRecord.ParamPrefix + key), op, FieldValue.Text(value));

    /// <summary>Compares a parameter as a number; unknown where it is not one.</summary>
    public static Filter Param(string key, FilterOperator op, double value) =>
        new Filter.Compare(Operand.Field(RunRecord.ParamPrefix + key), op, FieldValue.Number(value));

    /// <summary>Compares a tag as text.</summary>
    public static Filter Tag(string key, FilterOperator op, string value) =>
        new Filter.Compare(Operand.Field(RunRecord.TagPrefix + key), op, FieldValue.Text(value));

    /// <summary>Runs that stand so.</summary>
    public static Filter Status(RunStatus status) =>
        new Filter.Compare(Operand.Field(RunRecord.Status), FilterOperator.Equal, RunRecord.StatusValue(status));

    /// <summary>Runs that are a part of this run.</summary>
    public static Filter Parent(RunId run) =>
        new Filter.Compare(Operand.Field(RunRecord.Parent), FilterOperator.Equal, FieldValue.Reference(run.Value));

    private static SearchField<string> TextOf(string field) => new(Operand.Field(field), text => FieldValue.Text(text));
}

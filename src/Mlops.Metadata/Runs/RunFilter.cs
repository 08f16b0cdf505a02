using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Conditions for <see cref="RunQuery.Filter"/>; combine them with the records of <see cref="Filter"/>.</summary>
public static class RunFilter
{
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
}

using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Orders for <see cref="RunQuery.OrderBy"/>. Runs without the value come last, both ways.</summary>
public static class RunOrder
{
    /// <summary>By what filters compare, such as <see cref="RunFilter.EndTime"/>; experiments sort by id.</summary>
    public static RecordOrder By<T>(SearchField<T> field, bool descending = false)
    {
        ArgumentNullException.ThrowIfNull(field);
        return new(field.Operand, descending);
    }

    /// <summary>By a metric, its last value unless told otherwise.</summary>
    public static RecordOrder Metric(string key, bool descending = false, SeriesAggregate aggregate = SeriesAggregate.Last) =>
        new(Operand.Series(RunRecord.MetricSeries(key), aggregate), descending);

    /// <summary>By a parameter, as a number where it is one.</summary>
    public static RecordOrder Param(string key, bool descending = false) => new(Operand.Field(RunRecord.ParamPrefix + key), descending);

    /// <summary>By a tag.</summary>
    public static RecordOrder Tag(string key, bool descending = false) => new(Operand.Field(RunRecord.TagPrefix + key), descending);

    /// <summary>By start time.</summary>
    public static RecordOrder StartTime(bool descending = false) => new(Operand.Field(RunRecord.StartTime), descending);
}

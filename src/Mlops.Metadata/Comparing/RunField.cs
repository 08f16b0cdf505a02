using System.Globalization;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>A field of runs, by which they are grouped or listed, or over which numbers are aggregated. Immutable.</summary>
public sealed class RunField
{
    private readonly Func<Run, string?> _text;
    private readonly Func<Run, double?> _number;
    private readonly bool _isNumber;

    private RunField(string name, Func<Run, string?> text, Func<Run, double?>? number = null, string? column = null)
    {
        Name = name;
        Column = column;
        _text = text;
        _isNumber = number is not null;
        _number = number ?? (run => text(run) is { } t && double.TryParse(t, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) ? n : null);
    }

    /// <summary>How it is headed, for example <c>params.trees</c>.</summary>
    public string Name { get; }

    /// <summary>What must be selected for it; null for what every run has.</summary>
    internal string? Column { get; }

    /// <summary>The id.</summary>
    public static RunField Id { get; } = new("id", run => run.Id.ToString());

    /// <summary>The name.</summary>
    public static RunField RunName { get; } = new("name", run => run.Name);

    /// <summary>The id of the experiment.</summary>
    public static RunField Experiment { get; } = new("experiment", run => run.ExperimentId.ToString());

    /// <summary>The status.</summary>
    public static RunField Status { get; } = new("status", run => run.Status.ToString());

    /// <summary>Why the run failed or was killed.</summary>
    public static RunField EndReason { get; } = new("end_reason", run => run.EndReason);

    /// <summary>The run that it is a part of.</summary>
    public static RunField Parent { get; } = new("parent", run => run.ParentId?.ToString());

    /// <summary>When it was started, UTC.</summary>
    public static RunField StartTime { get; } =
        new("start_time", run => run.StartTime.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));

    /// <summary>How long it took, in seconds; missing while it runs.</summary>
    public static RunField DurationSeconds { get; } = OfNumber("duration_s", run => (run.EndTime - run.StartTime)?.TotalSeconds);

    /// <summary>A parameter, as a number where it is one.</summary>
    public static RunField Param(string key) => Text("params." + EntityText.Key("parameter", key), run => run.Params.GetValueOrDefault(key));

    /// <summary>A tag, as a number where it is one.</summary>
    public static RunField Tag(string key) => Text("tags." + EntityText.Key("tag", key), run => run.Tags.GetValueOrDefault(key));

    /// <summary>Something that was captured, such as <c>git.commit</c>, as a number where it is one.</summary>
    public static RunField Context(string name) => new("context." + EntityText.Key("context", name), run => run.Context.GetValueOrDefault(name));

    /// <summary>A metric, its last value unless told otherwise.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The last, smallest or largest value; the best is that of the goal guessed from the name, the largest if that says nothing.</param>
    public static RunField Metric(string key, MetricValue value = MetricValue.Last) => OfNumber(
        "metrics." + EntityText.Key("metric", key) + (value == MetricValue.Last ? "" : $" ({value.ToString().ToLowerInvariant()})"),
        run => run.Metrics.TryGetValue(key, out var summary) ? RunComparer.Number(summary, value, MetricGoals.Guess(key) ?? MetricGoal.Maximize) : null,
        RunRecord.MetricSeries(key));

    internal string? TextOf(Run run) => _text(run);

    internal double? NumberOf(Run run) => _number(run);

    internal TableCell CellOf(Run run) => _isNumber ? new TableCell(null, _number(run)) : new TableCell(_text(run));

    private static RunField Text(string name, Func<Run, string?> text) => new(name, text, column: name);

    private static RunField OfNumber(string name, Func<Run, double?> number, string? column = null) =>
        new(name, run => number(run)?.ToString("R", CultureInfo.InvariantCulture), number, column);
}

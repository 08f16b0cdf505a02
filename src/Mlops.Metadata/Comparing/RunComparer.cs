using System.Globalization;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Lays runs beside each other.</summary>
internal static class RunComparer
{
    public static RunComparison Compare(IReadOnlyList<Run> runs, IReadOnlyList<RecordSnapshot> experiments, ComparisonOptions options)
    {
        var goals = new MetricGoals(options.Goals, experiments);
        var names = experiments.ToDictionary(e => new ExperimentId(e.Id), e => e.Key ?? "");
        return new RunComparison
        {
            Runs = runs,
            Params = Texts(runs, run => run.Params),
            Tags = Texts(runs, run => run.Tags.Where(t => !IsContext(t.Key))),
            Context = Texts(runs, run => Context(run, names).Where(c => c.Value is not null).Select(c => KeyValuePair.Create(c.Key, c.Value!))
                .Concat(run.Context.Select(c => KeyValuePair.Create(RunContextRecord.ValuePrefix + c.Key, c.Value)))
                .Concat(run.Tags.Where(t => IsContext(t.Key))).DistinctBy(c => c.Key)),
            Metrics = [.. Keys(runs, run => run.Metrics.Keys).Select(key => Metric(runs, key, goals, options.Value))],
            Value = options.Value,
        };
    }

    public static double Number(SeriesSummary summary, MetricValue value, MetricGoal goal) => value switch
    {
        MetricValue.Last => summary.Last,
        MetricValue.Min => summary.Min,
        MetricValue.Max => summary.Max,
        _ => goal == MetricGoal.Minimize ? summary.Min : summary.Max,
    };

    private static ComparedMetric Metric(IReadOnlyList<Run> runs, string key, MetricGoals goals, MetricValue value)
    {
        var (goal, source) = goals.Find(key);
        double?[] values = [.. runs.Select(run => run.Metrics.TryGetValue(key, out var summary) ? Number(summary, value, goal) : (double?)null)];
        var numbers = values.OfType<double>().Where(v => !double.IsNaN(v)).DefaultIfEmpty(double.NaN);
        var best = goal == MetricGoal.Minimize ? numbers.Min() : numbers.Max();
        return new ComparedMetric(
            key, goal, source, values, source == GoalSource.Assumed ? [] : [.. Enumerable.Range(0, runs.Count).Where(i => values[i] == best)]);
    }

    private static bool IsContext(string tag) =>
        tag.StartsWith("context.", StringComparison.Ordinal) || tag.StartsWith("mlflow.", StringComparison.Ordinal);

    private static IEnumerable<KeyValuePair<string, string?>> Context(Run run, Dictionary<ExperimentId, string> experiments) =>
    [
        new("name", run.Name),
        new("experiment", experiments.GetValueOrDefault(run.ExperimentId)),
        new("status", run.Status.ToString()),
        new("stage", run.Stage.ToString()),
        new("start_time", Time(run.StartTime)),
        new("end_time", run.EndTime is { } end ? Time(end) : null),
        new("duration", (run.EndTime - run.StartTime)?.ToString("c", CultureInfo.InvariantCulture)),
        new("end_reason", run.EndReason),
        new("error", run.Error),
        new("parent", run.ParentId?.ToString()),
        new("owner", run.Owner?.ToString()),
        new("dropped_points", Count(run.DroppedPoints)),
        new("journal_gaps", Count(run.JournalGaps)),
        new("journal_damage", run.JournalDamage),
        new("conflicts", Count(run.Conflicts.Count)),
    ];

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);

    private static string? Count(long count) => count == 0 ? null : count.ToString(CultureInfo.InvariantCulture);

    private static List<ComparedText> Texts(IReadOnlyList<Run> runs, Func<Run, IEnumerable<KeyValuePair<string, string>>> read)
    {
        var texts = runs.Select(run => new Dictionary<string, string>(read(run), StringComparer.Ordinal)).ToList();
        return [.. texts.SelectMany(t => t.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(key => new ComparedText(key, [.. texts.Select(t => t.GetValueOrDefault(key))]))
            .OrderBy(text => !text.Differs)];
    }

    private static IEnumerable<string> Keys(IReadOnlyList<Run> runs, Func<Run, IEnumerable<string>> read) =>
        runs.SelectMany(read).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
}

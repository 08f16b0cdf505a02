using Mlops.Storage;

namespace Mlops.Metadata;

public sealed partial class ExperimentCatalog
{
    /// <summary>The run that started last, however it stands; null if there is none. Deleted runs are left out.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    public async Task<Run?> FindLastRunAsync(string name, CancellationToken cancellationToken = default)
    {
        var experiment = await GetAsync(name, cancellationToken).ConfigureAwait(false);
        return await FirstAsync(experiment, [], new RecordOrder(Operand.Field(RunRecord.StartTime), true), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The finished run whose last value of a metric is best; null if no finished run has a number there. Deleted runs are left
    /// out; of equals it is the newest. What a fork shares with its source counts for the source only.
    /// </summary>
    /// <param name="name">The experiment.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="goal">Which way it is better; by default as <see cref="SetGoalAsync"/> said.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    /// <exception cref="ArgumentException">No goal is given, and the experiment has none for the metric.</exception>
    public async Task<Run?> FindBestRunAsync(
        string name, string metric, MetricGoal? goal = null, CancellationToken cancellationToken = default)
    {
        var experiment = await GetAsync(name, cancellationToken).ConfigureAwait(false);
        if (goal is null && experiment.Goals.TryGetValue(metric, out var known))
            goal = known;
        if (goal is null)
        {
            throw new ArgumentException(
                $"Experiment '{name}' does not say whether '{metric}' is better small or large; pass a goal, or set it with SetGoalAsync.", nameof(goal));
        }

        var value = Operand.Series(RunRecord.MetricSeries(metric));
        List<Filter> terms =
        [
            new Filter.Compare(Operand.Field(RunRecord.Status), FilterOperator.Equal, RunRecord.StatusValue(RunStatus.Finished)),
            new Filter.Negation(new Filter.IsMissing(value)),
        ];
        return await FirstAsync(experiment, terms, new RecordOrder(value, goal == MetricGoal.Maximize), cancellationToken).ConfigureAwait(false);
    }

    private async Task<Run?> FirstAsync(Experiment experiment, List<Filter> terms, RecordOrder order, CancellationToken cancellationToken)
    {
        terms.Add(RunLifecycle.Refers(RunRecord.Experiment, experiment.Id.Value));
        terms.Add(new Filter.IsMissing(Operand.Field(RunRecord.Stage)));
        var page = await _store.QueryAsync(
            new RecordQuery { Kind = RunRecord.Kind, Filter = new Filter.AllOf(terms), OrderBy = [order], Limit = 1 },
            cancellationToken).ConfigureAwait(false);
        return page.Records is [var found] ? await _runs.FindAsync(new RunId(found.Id), cancellationToken).ConfigureAwait(false) : null;
    }
}

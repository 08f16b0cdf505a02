using Mlops.Storage;

namespace Mlops.Metadata;

public sealed partial class ExperimentCatalog
{
    /// <summary>The experiment of this name, which is created if it is absent.</summary>
    /// <exception cref="ArgumentException">The name is not allowed.</exception>
    public async Task<Experiment> EnsureAsync(string name, CancellationToken cancellationToken = default)
    {
        await _context.CommitAsync([ExperimentRecord.Ensured(new ExperimentId(_context.Ids.Next()), name)], cancellationToken).ConfigureAwait(false);
        return await GetAsync(name, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sets the description, at most 65,536 characters of Markdown; an empty text removes it.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    /// <exception cref="ArgumentException">The text is too long.</exception>
    public Task SetDescriptionAsync(string name, string description, CancellationToken cancellationToken = default) =>
        EditAsync(name, ExperimentRecord.Described(description), cancellationToken);

    /// <summary>Sets a tag, whatever it was before; the limits are those of a run's tag.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    /// <exception cref="ArgumentException">The key or value is not allowed.</exception>
    public Task SetTagAsync(string name, string key, string value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        return EditAsync(name, ExperimentRecord.Tag(key, value), cancellationToken);
    }

    /// <summary>Removes a tag; one that is not there is fine.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    public Task RemoveTagAsync(string name, string key, CancellationToken cancellationToken = default) =>
        EditAsync(name, ExperimentRecord.Tag(key, null), cancellationToken);

    /// <summary>Says which way a metric of the runs is better; null takes it back.</summary>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    /// <exception cref="ArgumentException">The key of the metric is not allowed.</exception>
    public async Task SetGoalAsync(string name, string metric, MetricGoal? goal, CancellationToken cancellationToken = default)
    {
        await EditAsync(name, ExperimentRecord.Goal(metric, goal), cancellationToken).ConfigureAwait(false);
        _context.NoteGoal(name, metric, goal);
    }

    /// <summary>
    /// Deletes an experiment and those of its runs that are active: they are hidden until restored. In batches; what was
    /// interrupted goes on when it is called again. A run that starts or arrives in a deleted experiment later is shown.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="progress">Told how many runs are done.</param>
    /// <param name="cancellationToken">Cancels between two batches.</param>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    public async Task DeleteAsync(string name, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        var experiment = await GetFlushedAsync(name, cancellationToken).ConfigureAwait(false);
        await _context.CommitAsync([ExperimentRecord.Staged(experiment.Id, LifecycleStage.Deleted)], cancellationToken).ConfigureAwait(false);
        await _lifecycle.DeleteAsync(RunsOf(experiment, cancellationToken), experiment.Id.Value, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Brings back a deleted experiment and exactly those runs that were deleted with it.</summary>
    /// <inheritdoc cref="DeleteAsync"/>
    public async Task RestoreAsync(string name, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        var experiment = await GetFlushedAsync(name, cancellationToken).ConfigureAwait(false);
        await _lifecycle.RestoreAsync(experiment.Id.Value, progress, cancellationToken).ConfigureAwait(false);
        await _context.CommitAsync([ExperimentRecord.Staged(experiment.Id, LifecycleStage.Active)], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Removes an experiment for good, with all its runs and the records of their artifacts; their logs stay. The name is free
    /// again. In batches; what was interrupted goes on when it is called again. Runs below them in other experiments stay.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="progress">Told how many runs are done.</param>
    /// <param name="cancellationToken">Cancels; runs that are purged stay so.</param>
    /// <exception cref="NotFoundException">There is no such experiment.</exception>
    /// <exception cref="InvalidOperationException">One of its runs is running, or was forked by a run of another experiment; nothing was removed.</exception>
    /// <exception cref="ConflictException">Somebody changed one of the runs meanwhile.</exception>
    public async Task PurgeAsync(string name, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        var experiment = await GetFlushedAsync(name, cancellationToken).ConfigureAwait(false);
        await _lifecycle.PurgeAsync(RunsOf(experiment, cancellationToken), progress, cancellationToken).ConfigureAwait(false);
        await _context.CommitAsync([ExperimentRecord.Purged(experiment.Id)], cancellationToken).ConfigureAwait(false);

        // a run that arrived meanwhile keeps its experiment's name
        await foreach (var run in RunsOf(experiment, cancellationToken).ConfigureAwait(false))
            await _runs.MoveAsync(new RunId(run.Id), name, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Experiment> GetFlushedAsync(string name, CancellationToken cancellationToken)
    {
        await _context.FlushAsync(cancellationToken).ConfigureAwait(false);
        return await GetAsync(name, cancellationToken).ConfigureAwait(false);
    }

    private IAsyncEnumerable<RecordSnapshot> RunsOf(Experiment experiment, CancellationToken cancellationToken) =>
        _lifecycle.FindAsync(RunLifecycle.Refers(RunRecord.Experiment, experiment.Id.Value), cancellationToken);

    private async Task EditAsync(string name, FieldWrite field, CancellationToken cancellationToken)
    {
        var experiment = await GetFlushedAsync(name, cancellationToken).ConfigureAwait(false);
        await _context.CommitAsync([ExperimentRecord.Edited(experiment.Id, [field])], cancellationToken).ConfigureAwait(false);
    }
}

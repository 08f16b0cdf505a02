using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

public sealed partial class RunTracker
{
    /// <summary>
    /// Starts a run that goes on from another at a step: up to and including that step its curves are those of the source, which
    /// are shared and not copied; its parameters are the source's, unless the options give others. It is in the source's experiment.
    /// </summary>
    /// <param name="source">The run to go on from, running or ended.</param>
    /// <param name="step">The last step that is shared, at most 2^53 either way.</param>
    /// <param name="options">Name, parent, tags, and parameters that take the place of the source's.</param>
    /// <param name="cancellationToken">Cancels before the run starts.</param>
    /// <exception cref="NotFoundException">There is no such run, or it was purged.</exception>
    /// <exception cref="InvalidOperationException">The source was deleted.</exception>
    /// <exception cref="ArgumentException">The id is <c>default</c>, or the step out of range.</exception>
    public async Task<ActiveRun> ForkRunAsync(
        RunId source, long step, RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        var forked = RunRecord.Forked(source, step);
        var run = await GetRunAsync(source, cancellationToken).ConfigureAwait(false);
        var experiment = (await _store.FindRecordAsync(run.ExperimentId.Value, cancellationToken).ConfigureAwait(false))?.Key
            ?? throw new NotFoundException($"The experiment of run {source} is gone; move the run to another with RunCatalog.MoveAsync.");
        options ??= new RunOptions();
        var values = run.Params.ToDictionary(p => p.Key, p => (object?)p.Value, StringComparer.Ordinal);
        foreach (var (key, value) in options.Params)
            values[key] = value;
        return Start(experiment, options with { Params = values }, forked);
    }
}

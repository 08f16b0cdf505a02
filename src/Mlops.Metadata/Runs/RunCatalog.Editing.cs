using Mlops.Storage;

namespace Mlops.Metadata;

public sealed partial class RunCatalog
{
    /// <summary>Gives a run another name, 1 to 500 characters.</summary>
    /// <exception cref="NotFoundException">There is no such run, or it was purged.</exception>
    /// <exception cref="ArgumentException">The name is not allowed.</exception>
    public Task RenameAsync(RunId run, string name, CancellationToken cancellationToken = default) =>
        EditAsync(run, RunRecord.Named(name), cancellationToken);

    /// <summary>Sets the notes of a run, at most 65,536 characters of Markdown; an empty text removes them.</summary>
    /// <exception cref="NotFoundException">There is no such run, or it was purged.</exception>
    /// <exception cref="ArgumentException">The text is too long.</exception>
    public Task SetNotesAsync(RunId run, string notes, CancellationToken cancellationToken = default) =>
        EditAsync(run, RunRecord.Noted(notes), cancellationToken);

    /// <summary>Sets a tag of a run, whatever it was before.</summary>
    /// <exception cref="NotFoundException">There is no such run, or it was purged.</exception>
    /// <exception cref="ArgumentException">The key or value is not allowed.</exception>
    public Task SetTagAsync(RunId run, string key, string value, CancellationToken cancellationToken = default) =>
        EditAsync(run, RunRecord.Tag(EntityText.Key("tag", key), EntityText.Value("tag", key, value)), cancellationToken);

    /// <summary>Removes a tag of a run; one that is not there is fine.</summary>
    /// <exception cref="NotFoundException">There is no such run, or it was purged.</exception>
    public Task RemoveTagAsync(RunId run, string key, CancellationToken cancellationToken = default) =>
        EditAsync(run, RunRecord.Untagged(key), cancellationToken);

    /// <summary>Moves a run to another experiment, which is created if it is absent. Its children stay where they are.</summary>
    /// <exception cref="NotFoundException">There is no such run, or it was purged.</exception>
    /// <exception cref="ArgumentException">The name is not allowed.</exception>
    public async Task MoveAsync(RunId run, string experiment, CancellationToken cancellationToken = default)
    {
        ThrowIfDefault(run);
        var ensured = ExperimentRecord.Ensured(new ExperimentId(_context.Ids.Next()), experiment);
        await _lifecycle.GetAsync(run, cancellationToken).ConfigureAwait(false);
        await _context.CommitAsync([ensured, RunRecord.Moved(run, experiment)], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Deletes a run and all runs below it: they are hidden from queries until restored, and handles of this client refuse to log
    /// to them. Many are deleted in batches; what was interrupted goes on when it is called again.
    /// </summary>
    /// <exception cref="NotFoundException">There is no such run, or it was purged.</exception>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task DeleteAsync(RunId run, CancellationToken cancellationToken = default)
    {
        ThrowIfDefault(run);
        var record = await _lifecycle.GetAsync(run, cancellationToken).ConfigureAwait(false);
        await _lifecycle.DeleteAsync(_lifecycle.FindDescendantsAsync(run, cancellationToken), run.Value, null, cancellationToken).ConfigureAwait(false);
        if (RunRecord.ReadStage(record) == LifecycleStage.Active)
            await StageAsync(run, LifecycleStage.Deleted, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Brings back a deleted run, and those runs below it that were deleted with it.</summary>
    /// <exception cref="NotFoundException">There is no such run, or it was purged.</exception>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task RestoreAsync(RunId run, CancellationToken cancellationToken = default)
    {
        ThrowIfDefault(run);
        await _lifecycle.GetAsync(run, cancellationToken).ConfigureAwait(false);
        await _lifecycle.RestoreAsync(run.Value, null, cancellationToken).ConfigureAwait(false);
        await StageAsync(run, LifecycleStage.Active, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Removes a run for good: parameters, tags, points, steps and the records of its artifacts, whose content is then garbage. Its log
    /// stays and verifies. Purging a purged run is fine.
    /// </summary>
    /// <param name="run">The run, deleted or not.</param>
    /// <param name="withChildren">Purges all runs below it too; otherwise a run that has some is refused.</param>
    /// <param name="cancellationToken">Cancels; runs that are purged stay so.</param>
    /// <exception cref="NotFoundException">There never was such a run.</exception>
    /// <exception cref="InvalidOperationException">It is running, has children, or other runs were forked from it; nothing was removed.</exception>
    /// <exception cref="ConflictException">Somebody changed it meanwhile.</exception>
    public async Task PurgeAsync(RunId run, bool withChildren = false, CancellationToken cancellationToken = default)
    {
        ThrowIfDefault(run);
        await _context.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (await _store.FindRecordAsync(run.Value, cancellationToken).ConfigureAwait(false) is { IsPurged: true, Kind: RunRecord.Kind })
            return;
        var record = await _lifecycle.GetAsync(run, cancellationToken).ConfigureAwait(false);
        var below = _lifecycle.FindDescendantsAsync(run, cancellationToken);
        if (!withChildren && await RunLifecycle.DescribeAsync(below, cancellationToken).ConfigureAwait(false) is { Length: > 0 } children)
            throw new InvalidOperationException($"Run {run} cannot be purged while it has children: {children}. Purge these first, or all with withChildren.");
        await _lifecycle.PurgeAsync(below.Prepend(record), null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The runs directly below a run, oldest first; deleted ones are left out.</summary>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task<IReadOnlyList<Run>> ListChildrenAsync(RunId run, CancellationToken cancellationToken = default)
    {
        ThrowIfDefault(run);
        var records = await _lifecycle.FindAsync(RunLifecycle.Refers(RunRecord.Parent, run.Value), cancellationToken)
            .Where(r => RunRecord.ReadStage(r) == LifecycleStage.Active)
            .ToListAsync(cancellationToken).ConfigureAwait(false);
        records.Reverse();
        var series = await _store.ListSeriesAsync([.. records.Select(r => r.Id)], cancellationToken).ConfigureAwait(false);
        var byOwner = series.ToLookup(s => s.Owner);
        return [.. records.Select(r => RunRecord.Read(r, byOwner[r.Id]))];
    }

    /// <summary>The runs above a run, its parent first; a purged one ends the list.</summary>
    /// <exception cref="NotFoundException">There is no such run.</exception>
    public async Task<IReadOnlyList<Run>> ListAncestorsAsync(RunId run, CancellationToken cancellationToken = default)
    {
        var at = await GetAsync(run, cancellationToken).ConfigureAwait(false);
        List<Run> above = [];

        // a copied or imported store may hold a circle
        HashSet<RunId> seen = [run];
        while (at.ParentId is { } parent && seen.Add(parent) && await FindAsync(parent, cancellationToken).ConfigureAwait(false) is { } next)
            above.Add(at = next);
        return above;
    }

    private async Task EditAsync(RunId run, FieldWrite field, CancellationToken cancellationToken)
    {
        ThrowIfDefault(run);
        await _lifecycle.GetAsync(run, cancellationToken).ConfigureAwait(false);
        await _context.CommitAsync([RunRecord.Edited(run, [field])], cancellationToken).ConfigureAwait(false);
    }

    private async Task StageAsync(RunId run, LifecycleStage stage, CancellationToken cancellationToken)
    {
        await _context.CommitAsync([RunRecord.Staged(run, stage)], cancellationToken).ConfigureAwait(false);
        _context.TellStaged(run, stage);
    }
}

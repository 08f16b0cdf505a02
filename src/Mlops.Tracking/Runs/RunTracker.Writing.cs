using Microsoft.Extensions.Logging;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

public sealed partial class RunTracker
{
    private const int FrameBudgetBytes = Journal.MaxPayloadBytes / 2;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _sweepTimer.DisposeAsync().ConfigureAwait(false);
        _sampler?.Dispose();
        var open = _active.Values;
        foreach (var run in open)
            run.LetGo();
        await Task.WhenAll(open.Select(r => r.Captured)).ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_recovery, _sweep).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _journal.Close();
        var report = await DrainAsync(CancellationToken.None).ConfigureAwait(false);
        await _drainer.DisposeAsync().ConfigureAwait(false);
        _supply.Dispose();
        if (report.Pending == 0 && TrySetDamagedAside())
        {
            // the journal is closed and every slot that was given out is in the store, so nobody can be writing any more
            _journal.Release();
            _folder.Remove();
        }
        else
        {
            SaveMemory();
            _folder.Dispose();
        }

        _stop.Dispose();
    }

    /// <summary>Whether nothing is left in the journal's folder that is needed; else the next open sees to it.</summary>
    private bool TrySetDamagedAside()
    {
        try
        {
            Content.SetDamagedAside();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TrackingLog.NotRecovered(Logger, Writer, e);
            return false;
        }
    }

    private void SaveMemory()
    {
        try
        {
            _journal.SaveMemory(_folder.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TrackingLog.MemoryLost(Logger, _folder.Path, e);
        }
    }

    /// <summary>Writes fields of a run, in as many frames as they need.</summary>
    /// <returns>False if the journal had no room for all of them.</returns>
    internal bool WriteFields(ActiveRun run, IEnumerable<FieldWrite> fields)
    {
        var written = true;
        List<FieldWrite> part = [];
        var bytes = 0;
        foreach (var field in fields)
        {
            part.Add(field);
            bytes += 64 + (3 * (field.Name.Length + field.Values.Sum(v => v.Type == FieldType.Text ? v.AsText.Length : 0)));
            if (bytes < FrameBudgetBytes)
                continue;
            written &= Write([RunRecord.Logged(run.Id, part)]);
            part = [];
            bytes = 0;
        }

        return (part.Count == 0 || Write([RunRecord.Logged(run.Id, part)])) && written;
    }

    internal void WriteArtifacts(ActiveRun run, ActiveStep? step, IReadOnlyList<(ArtifactPath Path, ContentInfo Content)> stored)
    {
        List<RecordChange> changes = [];
        foreach (var (path, content) in stored)
        {
            var id = new ArtifactId(_ids.Next());
            changes.Add(ArtifactRecord.Logged(id, run.Id, path, content, step?.Id));
            if (step is not null)
                run.StepOutputs[path.Value] = new StepData(path.Value, null, content.Digest, id);
        }

        Write(changes);
        TrackingDiagnostics.ArtifactBytes.Add(stored.Sum(s => s.Content.SizeBytes));
    }

    /// <summary>Writes a checkpoint; false if the journal had no room.</summary>
    internal bool WriteCheckpoint(
        ActiveRun run,
        ActiveStep? by,
        ArtifactPath path,
        ContentInfo content,
        string key,
        long step,
        double? score,
        MetricGoal goal,
        out ModelCheckpoint checkpoint)
    {
        var file = new Artifact(new ArtifactId(_ids.Next()), run.Id, path, content.Digest, content.SizeBytes, _options.Time.GetUtcNow());
        checkpoint = new ModelCheckpoint(key, step, score, goal, file);
        TrackingDiagnostics.ArtifactBytes.Add(content.SizeBytes);
        return Write([ArtifactRecord.Checkpointed(checkpoint, by?.Id)]);
    }

    /// <summary>Removes artifacts; false if the journal had no room.</summary>
    internal bool PurgeArtifacts(IEnumerable<ArtifactId> artifacts) => Write([.. artifacts.Select(ArtifactRecord.Purged)]);

    /// <summary>Writes a point that refers to content; false if the journal had no room.</summary>
    internal bool WriteValue(SeriesAppend append) =>
        _journal.WriteBatch(new Batch { Actor = _options.Actor, ClientTime = _options.Time.GetUtcNow(), Appends = [append] });

    /// <summary>
    /// Writes how a run ended, unless the handle only joined it, and what the store must know for ever, because nobody asks this
    /// handle from then on.
    /// </summary>
    internal void WriteEnd(ActiveRun run, RunEnd? end)
    {
        List<RecordChange> changes = [];
        if (run.DroppedPoints is var dropped and > 0)
            changes.Add(RunRecord.PointsDropped(run.Id, Writer, dropped));
        if (_supply.Gaps - run.GapsBefore is var gaps and > 0)
            changes.Add(RunRecord.JournalGaps(run.Id, Writer, gaps));
        if (end is not null)
            changes.Add(RunRecord.Ended(run.Id, end));
        if (changes.Count > 0)
            Write(changes);
    }

    private void WriteContext(ActiveRun run, ContextSet context)
    {
        try
        {
            // a table can fill a frame of the journal by itself; the context refers to it, and so comes last
            var missing = context.Missing.ToList();
            foreach (var table in missing.SkipLast(1))
            {
                if (!Write([table]))
                    return;
            }

            if (Write([.. missing.TakeLast(1), RunRecord.Logged(run.Id, [context.Field])]))
                context.Written();
        }
        catch (ObjectDisposedException)
        {
            // the client is gone, and with it who asked for this
        }
    }

    /// <summary>Says that a run is ending, so that its context is not waited for any longer than the bound.</summary>
    internal void EndContext(RunId run) => _context.End(run);

    internal void CountDropped() => Interlocked.Increment(ref _dropped);

    internal void Forget(ActiveRun run)
    {
        if (run.DroppedPoints > 0)
            _droppedBefore[run.Id] = run.DroppedPoints;
        if (_active.TryRemove(new KeyValuePair<RunId, ActiveRun>(run.Id, run)))
            TrackingDiagnostics.ActiveRuns.Add(-1);
    }

    private ActiveRun Start(string experiment, RunOptions options, IReadOnlyList<FieldWrite> forked)
    {
        if (options.Parent is { Value.IsEmpty: true })
            throw new ArgumentException("The parent run id is default and identifies nothing.", nameof(options));
        var id = new RunId(_ids.Next());
        var name = options.Name ?? RunNames.For(id);
        var ensured = ExperimentRecord.Ensured(new ExperimentId(_ids.Next()), experiment);
        var now = _options.Time.GetUtcNow();
        var started = RunRecord.Started(id, experiment, name, now, Writer, options.Parent);
        var tags = options.Tags.Select(ActiveRun.Tag).ToList();
        var values = options.Params
            .Select(p => KeyValuePair.Create<string, object?>(
                EntityText.Key("parameter", p.Key), EntityText.Value("parameter", p.Key, EntityText.Of(p.Value))))
            .ToList();
        var run = new ActiveRun(this, _journal, _options.Time, id, name, experiment, owned: true)
        {
            Started = now,
            StartPosition = long.MaxValue,
            GapsBefore = _supply.Gaps,
        };
        Add(run);
        var context = _context.AtStart;
        IEnumerable<FieldWrite> inContext = context is null ? [] : [context.Field];
        if (Write([ensured, .. context?.Missing ?? [], started with { Fields = [.. started.Fields, .. forked, .. inContext] }]))
            context?.Written();
        run.StartPosition = _journal.Position;
        run.Captured = _context.CompleteAsync(new RunContextInput(id, name, experiment), context, c => WriteContext(run, c));
        WriteFields(run, tags);
        return run.LogParams(values);
    }

    private void Add(ActiveRun run)
    {
        if (!_active.TryAdd(run.Id, run))
            throw new InvalidOperationException($"Run {run.Id} is open in this client already; use that handle, or dispose it first.");
        TrackingDiagnostics.ActiveRuns.Add(1);
    }

    private IEnumerable<ActiveRun> OpenRuns()
    {
        // not the dictionary's Values, which would copy them at each pass. Whoever lists calls this anew: an enumerable of this kind can
        // be its own enumerator, and would hold the run it gave last for good
        foreach (var (_, run) in _active)
            yield return run;
    }

    private async Task<Run> GetRunAsync(RunId id, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(RunTracker));
        await DrainAsync(cancellationToken).ConfigureAwait(false);
        var run = await Runs.GetAsync(id, cancellationToken).ConfigureAwait(false);
        return run.Stage == LifecycleStage.Active
            ? run
            : throw new InvalidOperationException($"Run {id} ('{run.Name}') was deleted; RunCatalog.RestoreAsync brings it back.");
    }

    private async Task<ActiveRun> AttachAsync(Run run, bool owned, CancellationToken cancellationToken)
    {
        var experiment = await _store.FindRecordAsync(run.ExperimentId.Value, cancellationToken).ConfigureAwait(false);
        if (owned)
            await EndLeftStepsAsync(run, cancellationToken).ConfigureAwait(false);
        if (owned && _active.TryGetValue(run.Id, out var ended) && ended.IsClosed)
            Forget(ended);
        var live = new ActiveRun(this, _journal, _options.Time, run.Id, run.Name, experiment?.Key ?? "", owned)
        {
            Started = run.StartTime,
            MetricsBefore = run.Metrics,
            DroppedBefore = _droppedBefore.GetValueOrDefault(run.Id),
            GapsBefore = _supply.Gaps,
        };
        live.KnowParams(run.Params);
        live.KnowCheckpoints(await Runs.ListCheckpointsAsync(run.Id, cancellationToken).ConfigureAwait(false));
        Add(live);
        if (owned)
            Write([RunRecord.Resumed(run.Id, Writer)]);
        return live;
    }

    private void OnRunStaged(RunId id, LifecycleStage? stage)
    {
        if (!_active.TryGetValue(id, out var run))
            return;
        if (stage == LifecycleStage.Active)
            run.Undelete();
        else
            run.Close(stage is null ? "was purged; start a new run." : ActiveRun.Deleted);
    }

    private bool Write(List<RecordChange> changes)
    {
        if (_journal.WriteBatch(new Batch { Actor = _options.Actor, ClientTime = _options.Time.GetUtcNow(), Changes = changes }))
            return true;
        Interlocked.Increment(ref _droppedBatches);
        TrackingLog.BatchDropped(Logger, changes[0].Action, changes[0].Id);
        return false;
    }

    private void OnCommitted(BatchResult result)
    {
        // a batch that the store had already came without what was added to it this time
        if (!result.Repeated)
            _housekeeping.OnCommitted();
        foreach (var conflict in result.Conflicts)
        {
            TrackingLog.Conflict(Logger, conflict.Record, conflict.Field, conflict.Kept.ToString(), conflict.Refused.ToString());
            if (_active.TryGetValue(new RunId(conflict.Record), out var run))
                run.AddConflict(conflict);
        }
    }

    private async Task RecoverAndSweepAsync()
    {
        // journals first: the true end of a run that seems lost may lie in one
        var recoverer = new Recoverer(_store, Context.Content, _options, Logger, Writer);
        foreach (var recovery in await recoverer.RecoverAsync(_stop.Token).ConfigureAwait(false))
            _recovered.Enqueue(recovery);
        _isJournalLeft = recoverer.HasLeft;
        await SweepAsync().ConfigureAwait(false);
    }

    private Task SweepAgain()
    {
        lock (_recovered)
        {
            if (_recovery.IsCompleted && _sweep.IsCompleted)
                _sweep = RecoverAndSweepAsync();
            return _sweep;
        }
    }

    private async Task SweepAsync()
    {
        try
        {
            await _lost.TakeBackAsync(OpenRuns().Where(r => r.IsOwnedAndOpen).Select(r => r.Id), _stop.Token).ConfigureAwait(false);
            await _lost.SweepAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception e) when (e is MlopsException)
        {
            TrackingLog.SweepFailed(Logger, e);
        }
    }
}

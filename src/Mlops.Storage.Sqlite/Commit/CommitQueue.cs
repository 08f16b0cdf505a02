using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Mlops.Storage.Sqlite;

/// <summary>
/// The turn to write. Who gets it commits every batch that waits by then in one transaction, so that many small writers share
/// the cost of one flush to the disk. If one of them fails, all are applied once more, each behind a savepoint of its own: copying
/// pages for savepoints costs as much as small batches themselves, and failures are rare. Other processes are waited for with
/// small, random delays.
/// </summary>
internal sealed class CommitQueue(Session session, BatchApplier applier, TimeSpan busyTimeout) : IDisposable
{
    private const int MostTogether = 64;
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<PendingBatch> _waiting = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Statement _savepoint = session.Prepare("SAVEPOINT batch");
    private readonly Statement _release = session.Prepare("RELEASE batch");
    private readonly Statement _rollbackTo = session.Prepare("ROLLBACK TO batch");
    private readonly List<PendingBatch> _taken = [];

    public async Task<BatchResult> CommitAsync(Batch batch, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var pending = new PendingBatch(batch);
        _waiting.Enqueue(pending);
        try
        {
            if (!await _turn.WaitAsync(busyTimeout, cancellationToken).ConfigureAwait(false))
                throw Busy("another call of this process", "");
        }
        catch when (!pending.TryWithdraw())
        {
            // a transaction has it: the outcome is near, and the caller learns it instead of a half-truth
            await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        }

        try
        {
            // more than one transaction's worth may wait before it
            while (!pending.IsDone)
            {
                await BeginAsync(pending, started, cancellationToken).ConfigureAwait(false);
                CommitTaken();
            }
        }
        finally
        {
            _turn.Release();
        }

        if (pending.Error is { } error)
            ExceptionDispatchInfo.Throw(error);
        return pending.Result!;
    }

    /// <summary>Waits until no batch is being written.</summary>
    public Task DrainAsync() => _turn.WaitAsync();

    public void Dispose() => _turn.Dispose();

    private async Task BeginAsync(PendingBatch own, long started, CancellationToken cancellationToken)
    {
        try
        {
            var delay = 1.0;
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var code = session.BeginImmediate.Run();
                if (code == SQLitePCL.raw.SQLITE_DONE)
                    return;
                if (!SqliteFailure.IsBusy(code))
                    throw session.Failure(code);
                if (Stopwatch.GetElapsedTime(started) >= busyTimeout)
                    throw Busy(WriteLockHolder.Describe(session.Path), "; end it, or");

                // random, so that processes that wait for each other do not stay in step
                await Task.Delay(TimeSpan.FromMilliseconds(1 + (Random.Shared.NextDouble() * delay)), cancellationToken).ConfigureAwait(false);
                delay = Math.Min(delay * 1.5, LongestDelay.TotalMilliseconds);
            }
        }
        catch
        {
            own.TryWithdraw();
            throw;
        }
    }

    private StorageUnavailableException Busy(string holder, string remedy) => new(
        $"The store '{session.Path}' was held by {holder} for longer than {busyTimeout.TotalSeconds:0.###} s, so nothing was "
        + $"written{remedy} try again, or raise the busy timeout.");

    private void CommitTaken()
    {
        _taken.Clear();
        while (_taken.Count < MostTogether && _waiting.TryDequeue(out var next))
        {
            if (next.TryTake())
                _taken.Add(next);
        }

        try
        {
            applier.Begin();
            var together = _taken.Count > 1;
            if (!together || !TryApplyAll())
            {
                foreach (var pending in _taken)
                    Apply(pending, together);
            }

            if (session.InTransaction)
            {
                applier.WriteAppends();
                session.Commit.Execute();
            }

            session.Names.OnCommit();
            if (_taken.Exists(p => p.Error is null && Purges(p.Batch)))
                EraseRemains();
        }
        catch (Exception e)
        {
            // nothing of the transaction stays, so every batch in it failed for this reason
            End();
            foreach (var pending in _taken)
            {
                pending.Result = null;
                pending.Error ??= e;
            }
        }
    }

    private bool TryApplyAll()
    {
        _savepoint.Execute();
        try
        {
            foreach (var pending in _taken)
            {
                if (Purges(pending.Batch))
                    applier.WriteAppends();
                session.SecureDelete(Purges(pending.Batch));
                pending.Result = applier.Apply(pending.Batch);
            }

            _release.Execute();
            return true;
        }
        catch (Exception) when (session.InTransaction)
        {
            // the second pass finds out whose error it is
            foreach (var pending in _taken)
                pending.Result = null;
            session.Names.OnRollback();
            applier.Begin();
            _rollbackTo.Execute();
            _release.Execute();
            return false;
        }
    }

    private void Apply(PendingBatch pending, bool together)
    {
        try
        {
            // points for a record must be there when a later batch purges it
            if (together && Purges(pending.Batch))
                applier.WriteAppends();
            applier.Mark();
            if (together)
                _savepoint.Execute();
            session.SecureDelete(Purges(pending.Batch));
            pending.Result = applier.Apply(pending.Batch);
            if (together)
                _release.Execute();
        }
        catch (Exception e)
        {
            pending.Result = null;
            pending.Error = e;
            session.Names.OnRollback();
            applier.TakeBack();

            // a full disk and the like may have ended the whole transaction
            if (!session.InTransaction)
                throw;
            if (together)
            {
                _rollbackTo.Execute();
                _release.Execute();
            }
            else
            {
                session.Rollback.Execute();
            }
        }
    }

    private void End()
    {
        session.Names.OnRollback();
        if (session.InTransaction)
            session.Rollback.Run();
    }

    private static bool Purges(Batch batch) => batch.Changes.Any(c => c.Purge);

    /// <summary>What a purge took is overwritten in the file; this takes it out of the write-ahead log, unless readers need that.</summary>
    private void EraseRemains()
    {
        using var checkpoint = new Statement(session, "PRAGMA wal_checkpoint(TRUNCATE)");
        checkpoint.Run();
    }
}

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
internal sealed class CommitQueue : IDisposable
{
    private const int MostTogether = 64;
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<PendingBatch> _waiting = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Session _session;
    private readonly TimeSpan _busyTimeout;
    private readonly SessionTables _tables;
    private readonly BatchApplier _applier;
    private readonly Statement _savepoint;
    private readonly Statement _release;
    private readonly Statement _rollbackTo;
    private readonly List<PendingBatch> _taken = [];

    public CommitQueue(Session session, TimeProvider time, TimeSpan busyTimeout)
    {
        _session = session;
        _busyTimeout = busyTimeout;
        _tables = new SessionTables(session);
        _applier = new BatchApplier(_tables, time);
        _savepoint = session.Prepare("SAVEPOINT batch");
        _release = session.Prepare("RELEASE batch");
        _rollbackTo = session.Prepare("ROLLBACK TO batch");
    }

    public async Task<BatchResult> CommitAsync(Batch batch, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var pending = new PendingBatch(batch);
        _waiting.Enqueue(pending);
        try
        {
            if (!await _turn.WaitAsync(_busyTimeout, cancellationToken).ConfigureAwait(false))
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

    /// <summary>Takes the turn for a transaction of its own, which is no batch. What it deletes is overwritten.</summary>
    public async Task<T> WriteAsync<T>(Func<Session, T> write, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        if (!await _turn.WaitAsync(_busyTimeout, cancellationToken).ConfigureAwait(false))
            throw Busy("another call of this process", "");
        try
        {
            _session.SecureDelete(true);
            await BeginAsync(null, started, cancellationToken).ConfigureAwait(false);
            var result = write(_session);
            _session.Commit.Execute();
            return result;
        }
        finally
        {
            // does nothing after the commit
            End();
            _turn.Release();
        }
    }

    /// <summary>Waits until no batch is being written.</summary>
    public Task DrainAsync() => _turn.WaitAsync();

    public void Dispose() => _turn.Dispose();

    private async Task BeginAsync(PendingBatch? own, long started, CancellationToken cancellationToken)
    {
        try
        {
            var delay = 1.0;
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var code = _session.BeginImmediate.Run();
                if (code == SQLitePCL.raw.SQLITE_DONE)
                    return;
                if (!SqliteFailure.IsBusy(code))
                    throw _session.Failure(code);
                if (Stopwatch.GetElapsedTime(started) >= _busyTimeout)
                    throw Busy(WriteLockHolder.Describe(_session.Path), "; end it, or");

                // random, so that processes that wait for each other do not stay in step
                await Task.Delay(TimeSpan.FromMilliseconds(1 + (Random.Shared.NextDouble() * delay)), cancellationToken).ConfigureAwait(false);
                delay = Math.Min(delay * 1.5, LongestDelay.TotalMilliseconds);
            }
        }
        catch
        {
            own?.TryWithdraw();
            throw;
        }
    }

    private StorageUnavailableException Busy(string holder, string remedy) => new(
        $"The store '{_session.Path}' was held by {holder} for longer than {_busyTimeout.TotalSeconds:0.###} s, so nothing was "
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
            BeginTables();
            var together = _taken.Count > 1;
            if (!together || !TryApplyAll())
            {
                foreach (var pending in _taken)
                    Apply(pending, together);
            }

            if (_session.InTransaction)
            {
                _tables.WriteAppends();
                _session.Commit.Execute();
            }

            _session.Names.OnCommit();
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

    private void BeginTables()
    {
        _applier.Forget();
        _tables.Begin();
    }

    private bool TryApplyAll()
    {
        _savepoint.Execute();
        try
        {
            foreach (var pending in _taken)
            {
                if (Purges(pending.Batch))
                    _tables.WriteAppends();
                pending.Result = Apply(pending.Batch);
            }

            _release.Execute();
            return true;
        }
        catch (Exception) when (_session.InTransaction)
        {
            // the second pass finds out whose error it is
            foreach (var pending in _taken)
                pending.Result = null;
            _session.Names.OnRollback();
            BeginTables();
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
                _tables.WriteAppends();
            _tables.Mark();
            if (together)
                _savepoint.Execute();
            pending.Result = Apply(pending.Batch);
            if (together)
                _release.Execute();
        }
        catch (Exception e)
        {
            pending.Result = null;
            pending.Error = e;
            _session.Names.OnRollback();
            _applier.Forget();
            _tables.TakeBack();

            // a full disk and the like may have ended the whole transaction
            if (!_session.InTransaction)
                throw;
            if (together)
            {
                _rollbackTo.Execute();
                _release.Execute();
            }
            else
            {
                _session.Rollback.Execute();
            }
        }
    }

    private BatchResult Apply(Batch batch)
    {
        _session.SecureDelete(Purges(batch));
        var result = _applier.Apply(batch);
        _tables.WriteFields();
        return result;
    }

    private void End()
    {
        _session.Names.OnRollback();
        if (_session.InTransaction)
            _session.Rollback.Run();
    }

    private static bool Purges(Batch batch) => batch.Changes.Any(c => c.Purge);

    /// <summary>What a purge took is overwritten in the file; this takes it out of the write-ahead log, unless readers need that.</summary>
    private void EraseRemains()
    {
        using var checkpoint = new Statement(_session, "PRAGMA wal_checkpoint(TRUNCATE)");
        checkpoint.Run();
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// The turn to write. Who gets it commits every batch that waits by then in one transaction, so that many small writers share the
/// round trips and one flush to the disk. Collisions with other processes are tried again after small, random delays.
/// </summary>
internal sealed class CommitQueue(Database database) : IDisposable
{
    private const int MostTogether = 64;

    private readonly ConcurrentQueue<PendingBatch> _waiting = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly GroupTransaction _transaction = new(database);
    private readonly List<PendingBatch> _taken = [];

    public async Task<BatchResult> CommitAsync(Batch batch, CancellationToken cancellationToken)
    {
        var pending = new PendingBatch(batch);
        _waiting.Enqueue(pending);
        try
        {
            if (!await _turn.WaitAsync(database.Options.BusyTimeout, cancellationToken).ConfigureAwait(false))
                throw Busy(null);
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
                await CommitTakenAsync(pending, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }

        if (pending.Error is { } error)
            ExceptionDispatchInfo.Throw(error);
        return pending.Result!;
    }

    /// <summary>Waits until no batch is being written, and ends.</summary>
    public async Task DrainAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await _transaction.RemoveMarkerAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (PostgreSqlFailure.IsOfDatabase(e))
        {
            // the server is away; a later store removes the row by its age
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task CommitTakenAsync(PendingBatch own, CancellationToken cancellationToken)
    {
        _taken.Clear();
        while (_taken.Count < MostTogether && _waiting.TryDequeue(out var next))
        {
            if (next.TryTake())
                _taken.Add(next);
        }

        var started = Stopwatch.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    await _transaction.RunAsync(_taken, cancellationToken).ConfigureAwait(false);
                    return;
                }
                catch (Exception e) when (IsWorthAnother(e, Stopwatch.GetElapsedTime(started)))
                {
                    await Database.DelayAsync(attempt, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                GiveBack(own);
                throw;
            }
            catch (Exception e)
            {
                // nothing of the transaction stays, so every batch in it failed for this reason
                var error = PostgreSqlFailure.IsCollision(e) ? Busy(e) : PostgreSqlFailure.IsOfDatabase(e) ? PostgreSqlFailure.Translate(e, database) : e;
                foreach (var pending in _taken)
                    pending.Error = error;
                return;
            }
        }
    }

    private bool IsWorthAnother(Exception e, TimeSpan elapsed) =>
        PostgreSqlFailure.IsCollision(e) ? elapsed < database.Options.BusyTimeout
        : PostgreSqlFailure.IsAway(e) && elapsed < database.Options.ReconnectTimeout;

    /// <summary>Only the caller whose turn it is was cancelled; the batches of others wait for the next turn.</summary>
    private void GiveBack(PendingBatch own)
    {
        foreach (var pending in _taken)
        {
            pending.Release();
            if (pending != own)
                _waiting.Enqueue(pending);
        }

        own.TryWithdraw();
    }

    private StorageUnavailableException Busy(Exception? cause) => new(
        $"The store '{database.Location}' was busy with other writers for longer than {database.Options.BusyTimeout.TotalSeconds:0.###} s, so nothing was "
        + "written; try again, or raise the busy timeout.",
        cause);
}

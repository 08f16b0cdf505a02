using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text;

namespace Mlops.Storage;

/// <summary>
/// Says in the store that this client puts or reads, since when. A sweep deletes nothing that was condemned after the oldest use
/// began, so what a put found to be there stays until it is done. One cell per client that expires by itself; every commit of a
/// put renews it and fails if it is gone, so a machine that slept through its lease can refer to nothing that was swept meanwhile.
/// Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing to free.")]
internal sealed class ContentLease(ContentIndex index)
{
    public const string Prefix = "lease/content/";
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly List<Use> _uses = [];
    private LeaseCell _cell = NewCell(index);
    private StorageUnavailableException? _failure; // the last of a commit, new each time

    /// <summary>Begins a use, which ends with its disposal.</summary>
    /// <param name="asks">Whether the index is asked for sure, and not only if the lease is due.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="StorageUnavailableException">The index cannot be reached.</exception>
    public async Task<Use> EnterAsync(bool asks, CancellationToken cancellationToken)
    {
        Use? use = null;
        try
        {
            await TakeTurnAsync(BeginAsync, cancellationToken).ConfigureAwait(false);
            return use!;
        }
        catch
        {
            use?.Dispose();
            throw;
        }

        async Task BeginAsync()
        {
            use = new Use(this, Now);
            lock (_uses)
                _uses.Add(use);

            // one that ended while nothing used it is of no use any more; the next is another cell
            if ((asks || _cell.IsDue) && !await TryRenewAsync([]).ConfigureAwait(false) && !await TryRenewAsync([]).ConfigureAwait(false))
                throw Lost();
            use.Cell = _cell;
        }
    }

    /// <summary>Takes the lease away if nothing uses it, so that a sweep need not wait until it expires.</summary>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            bool isIdle;
            lock (_uses)
                isIdle = _uses.Count == 0;
            if (!isIdle)
                return;
            await _cell.ReleaseAsync(cancellationToken).ConfigureAwait(false);
            _cell = NewCell(index);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The oldest use of any client, and who that is; null if none is known.</summary>
    public static async Task<(DateTimeOffset Since, string Who)?> FindOldestAsync(IMetadataStore store, CancellationToken cancellationToken)
    {
        (DateTimeOffset Since, string Who)? oldest = null;
        foreach (var cell in await store.ListCellsAsync(Prefix, cancellationToken).ConfigureAwait(false))
        {
            var since = Microseconds.ToTime(BinaryPrimitives.ReadInt64LittleEndian(cell.Value.Span));
            if (oldest is null || since < oldest.Value.Since)
                oldest = (since, Encoding.UTF8.GetString(cell.Value.Span[8..]));
        }

        return oldest;
    }

    private TimeProvider Time => index.Time;

    private DateTimeOffset Now => Time.GetUtcNow();

    private static LeaseCell NewCell(ContentIndex index) =>
        new(index, Prefix + RandomNumberGenerator.GetHexString(32, lowercase: true), Lifetime, LeaseCell.Me);

    private Task CommitAsync(Use use, IReadOnlyList<CellWrite> cells, CancellationToken cancellationToken) => TakeTurnAsync(
        async () =>
        {
            if (use.Cell != _cell || !await TryRenewAsync(cells).ConfigureAwait(false))
                throw Lost();
        },
        cancellationToken);

    /// <summary>
    /// Does something when its turn comes. Whoever waited behind one that did not reach the index fails with it, rather than wait for
    /// the same in his turn. A caller may leave, but what was begun goes on: others use the cell too, so nobody leaves it in doubt.
    /// </summary>
    private async Task TakeTurnAsync(Func<Task> work, CancellationToken cancellationToken)
    {
        var before = _failure;
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_failure is { } failure && failure != before)
        {
            _turn.Release();
            throw new StorageUnavailableException(failure.Message, failure) { NeedsRepair = failure.NeedsRepair };
        }

        (await WorkAsync().WaitAsync(cancellationToken).ConfigureAwait(false))?.Throw();

        // gives its error, which nobody may be there to see
        async Task<ExceptionDispatchInfo?> WorkAsync()
        {
            try
            {
                await work().ConfigureAwait(false);
                return null;
            }
            catch (Exception e)
            {
                return ExceptionDispatchInfo.Capture(e);
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    /// <summary>Commits cells with the lease; false, and nothing is committed, if it has ended. The next is another then.</summary>
    private async Task<bool> TryRenewAsync(IReadOnlyList<CellWrite> cells)
    {
        var since = new byte[8];
        lock (_uses)
            BinaryPrimitives.WriteInt64LittleEndian(since, Microseconds.From(_uses.Count == 0 ? Now : _uses.Min(u => u.Since)));

        try
        {
            if (await _cell.TryCommitAsync(since, cells, CancellationToken.None).ConfigureAwait(false))
                return true;
        }
        catch (StorageUnavailableException e)
        {
            _failure = e;
            throw;
        }

        _cell = NewCell(index);
        return false;
    }

    private static StorageUnavailableException Lost() =>
        new("The lease on contents ended while one was being stored: the machine slept, or the store was away for long. Store it again.");

    /// <summary>One put or read. Thread-safe.</summary>
    internal sealed class Use(ContentLease lease, DateTimeOffset since) : IDisposable
    {
        public DateTimeOffset Since => since;

        public LeaseCell? Cell { get; set; }

        /// <summary>Whether the lease has ended under it, so that it cannot commit any more.</summary>
        public bool IsLost => Cell != lease._cell;

        /// <summary>Commits cells, if the lease still stands.</summary>
        /// <exception cref="ConflictException">One of the cells is not as expected.</exception>
        /// <exception cref="StorageUnavailableException">The index cannot be reached, or the lease is lost.</exception>
        public Task CommitAsync(IReadOnlyList<CellWrite> cells, CancellationToken cancellationToken) => lease.CommitAsync(this, cells, cancellationToken);

        /// <summary>Renews the lease where a use takes long without committing.</summary>
        public Task RenewIfDueAsync(CancellationToken cancellationToken) =>
            !IsLost && !lease._cell.IsDue ? Task.CompletedTask : CommitAsync([], cancellationToken);

        /// <summary>The same where nothing relies on it yet: the next commit finds out that the lease is lost, and a read what is gone.</summary>
        public async ValueTask TryRenewIfDueAsync(CancellationToken cancellationToken)
        {
            try
            {
                await RenewIfDueAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (StorageUnavailableException)
            {
                // the lease stands a while longer, or is lost already
            }
        }

        /// <summary>Waits for something, and renews the lease for as long as that takes.</summary>
        public async Task<T> WaitAsync<T>(Task<T> task)
        {
            while (!task.IsCompleted)
            {
                await ((Task)task).WaitAsync(Lifetime / 3, lease.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await TryRenewIfDueAsync(CancellationToken.None).ConfigureAwait(false);
            }

            return await task.ConfigureAwait(false);
        }

        public void Dispose()
        {
            lock (lease._uses)
                lease._uses.Remove(this);
        }
    }
}

using System.Security.Cryptography;
using System.Text;

namespace Mlops.Storage;

/// <summary>Lets one collection or rebuild of a store run at a time, however long it takes. Used by one caller at a time.</summary>
internal sealed class UpkeepLease
{
    /// <summary>How long one that was killed keeps others out, and how long after its time a condemnation is written at the latest.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    private const string Key = "lease/garbage";
    private readonly ContentIndex _index;
    private readonly LeaseCell _cell;

    private UpkeepLease(ContentIndex index)
    {
        _index = index;
        _cell = new LeaseCell(index, Key, Lifetime, $"{LeaseCell.Me} ({RandomNumberGenerator.GetHexString(16, lowercase: true)})");
    }

    /// <exception cref="ConflictException">Another one is under way.</exception>
    /// <exception cref="StorageUnavailableException">The lease ended on the way.</exception>
    public static async Task<T> WithAsync<T>(ContentIndex index, Func<UpkeepLease, Task<T>> work, CancellationToken cancellationToken)
    {
        var lease = new UpkeepLease(index);
        try
        {
            await lease.TakeAsync(cancellationToken).ConfigureAwait(false);
            return await work(lease).ConfigureAwait(false);
        }
        finally
        {
            try
            {
                await lease._cell.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (StorageUnavailableException)
            {
                // it ends by itself, and how the work ended says more
            }
        }
    }

    /// <summary>Renews the lease where nothing is committed for long, and before what no commit guards.</summary>
    /// <exception cref="StorageUnavailableException">The lease has ended.</exception>
    public Task RenewIfDueAsync(CancellationToken cancellationToken) => _cell.IsDue ? CommitAsync([], cancellationToken) : Task.CompletedTask;

    /// <summary>Waits for something, and renews the lease for as long as that takes.</summary>
    public async Task<T> WaitAsync<T>(Task<T> task)
    {
        while (!task.IsCompleted)
        {
            await ((Task)task).WaitAsync(Lifetime / 3, _index.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await RenewIfDueAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (StorageUnavailableException)
            {
                // the lease stands a while longer, or the next renewal says that it has ended
            }
        }

        return await task.ConfigureAwait(false);
    }

    /// <summary>Commits those writes whose cells are as expected, and returns the others.</summary>
    /// <exception cref="StorageUnavailableException">The lease has ended.</exception>
    public Task<IReadOnlyList<CellWrite>> CommitUnchangedAsync(IReadOnlyList<CellWrite> writes, CancellationToken cancellationToken) =>
        ContentIndex.CommitUnchangedAsync(writes, some => CommitAsync(some, cancellationToken));

    private async Task TakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CommitAsync([], cancellationToken).ConfigureAwait(false);
        }
        catch (ConflictException e)
        {
            var other = await _index.Store.FindCellAsync(Key, cancellationToken).ConfigureAwait(false);
            var who = other is null ? "another" : Encoding.UTF8.GetString(other.Value.Span);
            throw new ConflictException($"The contents of this store are being collected or indexed already by {who}, or that was killed within the last half hour; try again later.", e);
        }
    }

    private async Task CommitAsync(IReadOnlyList<CellWrite> cells, CancellationToken cancellationToken)
    {
        if (!await _cell.TryCommitAsync([], cells, cancellationToken).ConfigureAwait(false))
            throw new StorageUnavailableException("The lease of this collection or rebuild ended on the way: the machine slept, or the store was away for half an hour. What it did until then is right; begin it again.");
    }
}

using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
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
    private string _key = NewKey();
    private long _version;
    private DateTimeOffset _renewed;

    /// <summary>Begins a use, which ends with its disposal.</summary>
    /// <exception cref="StorageUnavailableException">The index cannot be reached.</exception>
    public async Task<Use> EnterAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        var use = new Use(this, Now);
        try
        {
            lock (_uses)
                _uses.Add(use);
            if (_version == 0 || Now - _renewed > Lifetime / 2)
            {
                // one that ended while nothing used it is of no use any more; the next has another key
                if (!await TryRenewAsync([]).ConfigureAwait(false) && !await TryRenewAsync([]).ConfigureAwait(false))
                    throw Lost();
            }

            use.Key = _key;
            return use;
        }
        catch
        {
            use.Dispose();
            throw;
        }
        finally
        {
            _turn.Release();
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
            if (!isIdle || _version == 0)
                return;
            await index.CommitAsync([new CellWrite { Key = _key }], cancellationToken).ConfigureAwait(false);
            Forget();
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

    private DateTimeOffset Now => index.Time.GetUtcNow();

    private static string NewKey() => Prefix + RandomNumberGenerator.GetHexString(32, lowercase: true);

    private async Task CommitAsync(Use use, IReadOnlyList<CellWrite> cells, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (use.Key != _key || !await TryRenewAsync(cells).ConfigureAwait(false))
                throw Lost();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Commits cells with the lease; false, and nothing is committed, if the lease has ended. Not cancelled on the way, since all
    /// uses of this client share the lease, and after a commit of unknown end it is lost to all.
    /// </summary>
    private async Task<bool> TryRenewAsync(IReadOnlyList<CellWrite> cells)
    {
        DateTimeOffset since;
        var now = Now;
        lock (_uses)
            since = _uses.Count == 0 ? now : _uses.Min(u => u.Since);
        var who = string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}");
        var value = new byte[8 + Encoding.UTF8.GetByteCount(who)];
        BinaryPrimitives.WriteInt64LittleEndian(value, Microseconds.From(since));
        Encoding.UTF8.GetBytes(who, value.AsSpan(8));
        var renewal = new CellWrite { Key = _key, Value = value, Lifetime = Lifetime, ExpectedVersion = _version };
        try
        {
            await index.CommitAsync([.. cells, renewal], CancellationToken.None).ConfigureAwait(false);
        }
        catch (ConflictException)
        {
            if (cells.Count > 0 && await VersionAsync().ConfigureAwait(false) == _version)
                throw; // one of the other cells; the lease stands
            Forget();
            return false;
        }
        catch
        {
            Forget(); // whether it was written is not known
            throw;
        }

        _renewed = now;
        _version = await VersionAsync().ConfigureAwait(false);
        return true;
    }

    private async Task<long> VersionAsync() =>
        (await index.Store.FindCellAsync(_key, CancellationToken.None).ConfigureAwait(false))?.Version ?? 0;

    private void Forget()
    {
        _key = NewKey();
        _version = 0;
    }

    private static StorageUnavailableException Lost() =>
        new("The lease on contents ended while one was being stored: the machine slept, or the store was away for long. Store it again.");

    /// <summary>One put or read. Thread-safe.</summary>
    internal sealed class Use(ContentLease lease, DateTimeOffset since) : IDisposable
    {
        public DateTimeOffset Since => since;

        public string Key { get; set; } = "";

        /// <summary>Commits cells, if the lease still stands.</summary>
        /// <exception cref="ConflictException">One of the cells is not as expected.</exception>
        /// <exception cref="StorageUnavailableException">The index cannot be reached, or the lease is lost.</exception>
        public Task CommitAsync(IReadOnlyList<CellWrite> cells, CancellationToken cancellationToken) => lease.CommitAsync(this, cells, cancellationToken);

        /// <summary>Renews the lease where a use takes long without committing.</summary>
        public Task RenewIfDueAsync(CancellationToken cancellationToken) =>
            Key == lease._key && lease._version != 0 && lease.Now - lease._renewed < Lifetime / 3 ? Task.CompletedTask : CommitAsync([], cancellationToken);

        public void Dispose()
        {
            lock (lease._uses)
                lease._uses.Remove(this);
        }
    }
}

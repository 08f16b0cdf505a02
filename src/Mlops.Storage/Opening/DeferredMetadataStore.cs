using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Mlops.Storage;

/// <summary>
/// A metadata store that is opened by the first call that reaches it. Until then every call tries, or waits for who tries already,
/// and fails as the opening does; so a training can begin while its store is away. Thread-safe.
/// </summary>
/// <param name="source">The store.</param>
/// <param name="time">Its clock.</param>
public sealed class DeferredMetadataStore(MetadataStoreSource source, TimeProvider time) : IMetadataStore
{
    private readonly SemaphoreSlim _turn = new(1);
    private volatile IMetadataStore? _store;
    private volatile Exception? _failure;
    private volatile int _failures;
    private bool _disposed;

    /// <summary>What the store is.</summary>
    /// <exception cref="StorageUnavailableException">The store was not reached yet.</exception>
    public StoreInfo Info => _store?.Info ?? throw NotReached();

    /// <summary>Why the store is not open: how the last try failed, or that none has ended yet. Null once it is open.</summary>
    public Exception? Absence => _store is null ? _failure ?? NotReached() : null;

    /// <summary>Opens the store, if it is not open yet.</summary>
    /// <exception cref="StorageUnavailableException">The store cannot be reached.</exception>
    /// <exception cref="StoreVersionException">The store was written by a release that this one must not touch.</exception>
    public async Task<IMetadataStore> OpenAsync(CancellationToken cancellationToken = default)
    {
        if (_store is { } open)
            return open;
        var failures = _failures;
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);

            // what one waited for failed meanwhile; to try again at once would only make everybody wait in a row
            if (_store is null && _failures != failures)
                ExceptionDispatchInfo.Throw(_failure!);
            return _store ??= await TryAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<BatchResult> CommitAsync(Batch batch, CancellationToken cancellationToken = default) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false)).CommitAsync(batch, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<long> GetWriterSequenceAsync(RecordId writer, CancellationToken cancellationToken = default) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false)).GetWriterSequenceAsync(writer, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<RecordSnapshot?> FindRecordAsync(RecordId id, CancellationToken cancellationToken = default) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false)).FindRecordAsync(id, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<RecordSnapshot?> FindRecordAsync(RecordKey key, CancellationToken cancellationToken = default) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false)).FindRecordAsync(key, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<RecordPage> QueryAsync(RecordQuery query, CancellationToken cancellationToken = default) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false)).QueryAsync(query, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SeriesInfo>> ListSeriesAsync(IReadOnlyList<RecordId> owners, CancellationToken cancellationToken = default) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false)).ListSeriesAsync(owners, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async IAsyncEnumerable<SeriesColumns> ReadSeriesAsync(
        RecordId owner, string name, SeriesRange range, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var points in store.ReadSeriesAsync(owner, name, range, cancellationToken).ConfigureAwait(false))
            yield return points;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SeriesBucket>> DownsampleSeriesAsync(
        RecordId owner, string name, SeriesRange range, int buckets, CancellationToken cancellationToken = default) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false))
            .DownsampleSeriesAsync(owner, name, range, buckets, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<long> ShowSeriesAsync(RecordId owner, string? prefix, CancellationToken cancellationToken = default) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false)).ShowSeriesAsync(owner, prefix, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<Cell?> FindCellAsync(string key, CancellationToken cancellationToken = default) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false)).FindCellAsync(key, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Cell>> FindCellsAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false)).FindCellsAsync(keys, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Cell>> ListCellsAsync(string prefix, CancellationToken cancellationToken = default) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false)).ListCellsAsync(prefix, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FeedEntry>> ReadChainAsync(RecordId record, CancellationToken cancellationToken = default) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false)).ReadChainAsync(record, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FeedEntry>> ReadFeedAsync(long afterPosition, int limit, CancellationToken cancellationToken = default) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false)).ReadFeedAsync(afterPosition, limit, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<Checkpoint> CreateCheckpointAsync(CancellationToken cancellationToken = default) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false)).CreateCheckpointAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<VerificationReport> VerifyAsync(Checkpoint? checkpoint = null, CancellationToken cancellationToken = default) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false)).VerifyAsync(checkpoint, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        _disposed = true;
        _turn.Release();
        if (_store is { } open)
            await open.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<IMetadataStore> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await source.OpenAsync(time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _failure = e;
            _failures++;
            throw;
        }
    }

    private StorageUnavailableException NotReached() => new($"The store '{source.Location}' was not reached yet; try again once it is there.");
}

using System.Runtime.CompilerServices;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// A metadata store for teams: one schema of a PostgreSQL database, or of an engine that speaks its protocol. Any number of
/// processes and machines may use it at once. Thread-safe.
/// </summary>
/// <remarks>
/// Commits that wait at the same time in this process share one transaction of two round trips; each still succeeds or fails
/// alone. Reads see one committed state and wait for nobody. When the connection breaks while a batch is being committed, the
/// store asks the server what became of it before it answers; nothing is applied twice.
/// </remarks>
public sealed class PostgreSqlMetadataStore : IMetadataStore
{
    private readonly Database _database;
    private readonly CommitQueue _commits;
    private int _disposed;

    private PostgreSqlMetadataStore(Database database, StoreInfo info)
    {
        _database = database;
        _commits = new CommitQueue(database);
        Info = info;
    }

    /// <inheritdoc/>
    public StoreInfo Info { get; }

    /// <summary>Opens a store, makes it if the schema is absent or empty, and brings it to the newest format.</summary>
    /// <exception cref="StorageUnavailableException">The server cannot be reached or refuses; the message says why.</exception>
    /// <exception cref="StoreVersionException">The store was written by a release that this one must not touch.</exception>
    /// <exception cref="IntegrityException">The schema holds something else.</exception>
    public static async Task<PostgreSqlMetadataStore> OpenAsync(PostgreSqlStoreOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var database = new Database(options);
        try
        {
            var info = await database.ReadAsync(c => new Migrations(database).ApplyAsync(c, cancellationToken), cancellationToken).ConfigureAwait(false);
            return new PostgreSqlMetadataStore(database, info);
        }
        catch
        {
            await database.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<BatchResult> CommitAsync(Batch batch, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        BatchValidator.Validate(batch);
        return _commits.CommitAsync(batch, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<long> GetWriterSequenceAsync(RecordId writer, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return _database.ReadAsync(c => WriterReader.FindSequenceAsync(_database, c, writer, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<RecordSnapshot?> FindRecordAsync(RecordId id, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return _database.ReadAsync(c => RecordReader.FindAsync(_database, c, id, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<RecordSnapshot?> FindRecordAsync(RecordKey key, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(key.Kind);
        ArgumentNullException.ThrowIfNull(key.Key);
        return StoredText.IsKey(key.Kind) && StoredText.IsKey(key.Key)
            ? _database.ReadAsync(c => RecordReader.FindAsync(_database, c, key, cancellationToken), cancellationToken)
            : Task.FromResult<RecordSnapshot?>(null);
    }

    /// <inheritdoc/>
    public Task<RecordPage> QueryAsync(RecordQuery query, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        QueryValidator.Validate(query);
        var cursor = QueryCursor.Of(query);
        return _database.ReadAsync(c => new QueryRunner(_database, c, query, cursor).RunAsync(cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SeriesInfo>> ListSeriesAsync(IReadOnlyList<RecordId> owners, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(owners);
        return await _database.ReadAsync(c => SeriesList.ReadAsync(_database, c, owners, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SeriesColumns> ReadSeriesAsync(
        RecordId owner, string name, SeriesRange range, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(range);
        if (!StoredText.IsKey(name))
            yield break;
        var reader = await _database.ReadAsync(
            c => SeriesReader.OpenAsync(_database, c, owner, name, range, cancellationToken), cancellationToken).ConfigureAwait(false);
        while (await _database.ReadAsync(c => reader.NextAsync(c, cancellationToken), cancellationToken).ConfigureAwait(false) is { Count: > 0 } pieces)
        {
            foreach (var points in pieces)
            {
                if (points.Count > 0)
                    yield return points;
            }
        }

        if (reader.ReadTail() is { Count: > 0 } tail)
            yield return tail;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SeriesBucket>> DownsampleSeriesAsync(
        RecordId owner, string name, SeriesRange range, int buckets, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(range);
        if (buckets is < 1 or > 100_000)
            throw new ArgumentOutOfRangeException(nameof(buckets), buckets, "A chart has 1 to 100,000 buckets.");
        return StoredText.IsKey(name)
            ? _database.ReadAsync(c => new SeriesChart(_database, c, owner, name).ReadAsync(range, buckets, cancellationToken), cancellationToken)
            : Task.FromResult<IReadOnlyList<SeriesBucket>>([]);
    }

    /// <inheritdoc/>
    public Task<long> ShowSeriesAsync(RecordId owner, string? prefix, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();

        // written twice after a lost answer, it is the same
        return _database.ReadAsync(c => new ShownPoints(_database, c).ReplaceAsync(owner, prefix, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<Cell?> FindCellAsync(string key, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(key);
        return StoredText.IsKey(key)
            ? _database.ReadAsync(c => CellReader.FindAsync(_database, c, key, cancellationToken), cancellationToken)
            : Task.FromResult<Cell?>(null);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Cell>> FindCellsAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(keys);
        List<string> possible = [.. keys.Where(StoredText.IsKey)];
        return await _database.ReadAsync(c => CellReader.FindAsync(_database, c, possible, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Cell>> ListCellsAsync(string prefix, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(prefix);
        return StoredText.IsKey(prefix)
            ? await _database.ReadAsync(c => CellReader.ListAsync(_database, c, prefix, cancellationToken), cancellationToken).ConfigureAwait(false)
            : [];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FeedEntry>> ReadChainAsync(RecordId record, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return await _database.ReadAsync(c => LogReader.ReadChainAsync(_database, c, record, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FeedEntry>> ReadFeedAsync(long afterPosition, int limit, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return await _database.ReadAsync(
            c => LogReader.ReadFeedAsync(_database, c, afterPosition, limit, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<Checkpoint> CreateCheckpointAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return _database.ReadAsync(c => LogReader.CreateCheckpointAsync(_database, c, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<VerificationReport> VerifyAsync(Checkpoint? checkpoint = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return _database.ReadAsync(c => new Verification(_database, c, cancellationToken).RunAsync(checkpoint), cancellationToken);
    }

    /// <summary>Waits for the batches that are being committed, then closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _commits.DrainAsync().ConfigureAwait(false);
        _commits.Dispose();
        await _database.DisposeAsync().ConfigureAwait(false);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
}

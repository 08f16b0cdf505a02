using System.Runtime.CompilerServices;

namespace Mlops.Storage.Sqlite;

/// <summary>
/// The default metadata store: one SQLite file, which many processes of one machine may use at once. Thread-safe. SQLite has no
/// asynchronous I/O, so calls work on the caller's thread and return finished tasks; only waiting for the turn to write is
/// asynchronous, and only <see cref="VerifyAsync"/>, which takes long, moves to the thread pool.
/// </summary>
/// <remarks>
/// Commits that wait at the same time share one transaction and one flush; each still succeeds or fails alone. Reads see one
/// committed state and wait for nobody. A purge overwrites what it deletes.
/// </remarks>
public sealed partial class SqliteMetadataStore : IMetadataStore, IDisposable
{
    private readonly Session _writer;
    private readonly ReaderPool _readers;
    private readonly CommitQueue _commits;
    private readonly TimeProvider _time;
    private int _disposed;

    private SqliteMetadataStore(Session writer, ReaderPool readers, StoreInfo info, SqliteStoreOptions options)
    {
        _writer = writer;
        _readers = readers;
        _time = options.Time;
        _commits = new CommitQueue(writer, options.Time, options.BusyTimeout);
        Info = info;
    }

    /// <inheritdoc/>
    public StoreInfo Info { get; }

    /// <summary>Opens a store, creates it if it is absent, and brings it to the newest format.</summary>
    /// <exception cref="StorageUnavailableException">The file cannot be used here; the message says why.</exception>
    /// <exception cref="StoreVersionException">The store was written by a release that this one must not touch.</exception>
    /// <exception cref="IntegrityException">The file is damaged or not a store.</exception>
    public static SqliteMetadataStore Open(SqliteStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var path = Path.GetFullPath(options.Path);
        var folder = Path.GetDirectoryName(path) ?? throw new ArgumentException($"'{path}' names no file.", nameof(options));
        CreateFolder(folder, path);
        LocalFolder.Require(folder, "use a local path, or PostgreSQL for a team");

        var names = new NameCache();
        var writer = new Session(path, names, options.BusyTimeout) { IsWriter = true };
        try
        {
            writer.PrepareToWrite(options.BusyTimeout);
            var info = Migrations.Apply(writer, new IdGenerator(options.Time), options.Time);
            writer.WaitFor(TimeSpan.Zero);
            var readers = new ReaderPool(() => Session.OpenReader(path, names, options));
            return new SqliteMetadataStore(writer, readers, info, options);
        }
        catch
        {
            writer.Dispose();
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
    public Task<long> GetWriterSequenceAsync(RecordId writer, CancellationToken cancellationToken = default) =>
        Read(s => s.Writers.FindSequence(writer), cancellationToken);

    /// <inheritdoc/>
    public Task<RecordSnapshot?> FindRecordAsync(RecordId id, CancellationToken cancellationToken = default) =>
        Read(s => s.Records.Find(id) is { } row ? s.Records.Load(row) : null, cancellationToken);

    /// <inheritdoc/>
    public Task<RecordSnapshot?> FindRecordAsync(RecordKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key.Kind);
        ArgumentNullException.ThrowIfNull(key.Key);
        return Read(s => s.Records.Find(key.Kind, key.Key) is { } row ? s.Records.Load(row) : null, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<RecordPage> QueryAsync(RecordQuery query, CancellationToken cancellationToken = default)
    {
        QueryValidator.Validate(query);
        return Read(s => QueryRunner.Run(s, query, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SeriesInfo>> ListSeriesAsync(IReadOnlyList<RecordId> owners, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(owners);
        return Read<IReadOnlyList<SeriesInfo>>(s => ListSeries(s, owners, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SeriesColumns> ReadSeriesAsync(
        RecordId owner, string name, SeriesRange range, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(range);
        var reader = await Read(s => SeriesReader.Open(s, owner, name, range), cancellationToken).ConfigureAwait(false);
        if (reader is null)
            yield break;
        foreach (var (chunk, place) in reader.Chunks)
        {
            var points = await Read(s => reader.Read(s, chunk, place), cancellationToken).ConfigureAwait(false);
            if (points.Count > 0)
                yield return points;
        }

        if (reader.ReadTail() is { Count: > 0 } tail)
            yield return tail;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SeriesBucket>> DownsampleSeriesAsync(
        RecordId owner, string name, SeriesRange range, int buckets, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(range);
        if (buckets is < 1 or > 100_000)
            throw new ArgumentOutOfRangeException(nameof(buckets), buckets, "A chart has 1 to 100,000 buckets.");
        return Read(
            s => SeriesReader.Find(s, owner, name) switch
            {
                null => [],
                { Type: SeriesType.Number } row => SeriesChart.Read(s, row, range, buckets),
                var row => throw new ArgumentException($"The series '{name}' of record {owner} is one of {row.Type}, which has no chart.", nameof(name)),
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Other writers wait meanwhile, about a second for a million points.</remarks>
    public Task<long> ShowSeriesAsync(RecordId owner, string? prefix, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return _commits.WriteAsync(s => s.Shown.Replace(owner, prefix, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<Cell?> FindCellAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Read(s => s.Cells.Find(key, Microseconds.From(_time.GetUtcNow())), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Cell>> FindCellsAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return Read<IReadOnlyList<Cell>>(
            s =>
            {
                var now = Microseconds.From(_time.GetUtcNow());
                return [.. keys.Distinct(StringComparer.Ordinal).Select(k => s.Cells.Find(k, now)).OfType<Cell>()];
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Cell>> ListCellsAsync(string prefix, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return Read<IReadOnlyList<Cell>>(
            s => s.Cells.List(prefix, Microseconds.From(_time.GetUtcNow()), cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<FeedEntry>> ReadChainAsync(RecordId record, CancellationToken cancellationToken = default) =>
        Read<IReadOnlyList<FeedEntry>>(s => s.Records.Find(record) is { } row ? s.Log.ReadChain(row.Number) : [], cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<FeedEntry>> ReadFeedAsync(long afterPosition, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return Read<IReadOnlyList<FeedEntry>>(s => s.Log.ReadFeed(afterPosition, limit), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<Checkpoint> CreateCheckpointAsync(CancellationToken cancellationToken = default) =>
        Read(s => new Checkpoint(s.Log.LastPosition(), s.Log.Root()), cancellationToken);

    /// <inheritdoc/>
    public Task<VerificationReport> VerifyAsync(Checkpoint? checkpoint = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return Task.Run(() => _readers.Read(s => new Verification(s, cancellationToken).Run(checkpoint)), cancellationToken);
    }

    /// <summary>Waits for the batch that is being written, then closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _commits.DrainAsync().ConfigureAwait(false);
        Close();
    }

    /// <summary>Closes the file at once; for a store to which nobody is writing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            Close();
    }

    private void Close()
    {
        _readers.Dispose();
        _writer.Dispose();
        _commits.Dispose();
    }

    private static void CreateFolder(string folder, string path)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException($"The folder of the store '{path}' cannot be created: {e.Message}", e);
        }
    }

    private static List<SeriesInfo> ListSeries(Session session, IReadOnlyList<RecordId> owners, CancellationToken cancellationToken)
    {
        List<SeriesInfo> list = [];
        var all = new NameSelection(session, _ => true);
        foreach (var owner in owners)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (session.Records.Find(owner) is { } record)
                session.Series.List(record.Number, owner, all, list);
        }

        return list;
    }

    private Task<T> Read<T>(Func<Session, T> read, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        try
        {
            return Task.FromResult(_readers.Read(read));
        }
        catch (OperationCanceledException e)
        {
            return Task.FromCanceled<T>(e.CancellationToken);
        }
        catch (Exception e)
        {
            return Task.FromException<T>(e);
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
}

namespace Mlops.Storage;

/// <summary>
/// One database with four kinds of things: records, series, cells and the log. Everything is written by one closed
/// <see cref="Batch"/>; there are no interactive transactions, so that SQLite, PostgreSQL and a remote can all satisfy it.
/// Thread-safe. Acknowledged commits survive a power failure. A new backend is one implementation of this and one subclass of
/// the conformance suite.
/// </summary>
public interface IMetadataStore : IAsyncDisposable
{
    /// <summary>What this store is.</summary>
    StoreInfo Info { get; }

    /// <summary>Commits a batch: all of it, durably, or nothing. Cancelling leaves the state before or after, never between.</summary>
    /// <exception cref="ArgumentException">The batch is malformed; the message says where.</exception>
    /// <exception cref="OutOfSequenceException">The batch does not follow the highest of its writer.</exception>
    /// <exception cref="ConflictException">A precondition, unique key or cell version did not hold.</exception>
    /// <exception cref="NotFoundException">A record to update, or named by key, is not there or purged.</exception>
    /// <exception cref="ImmutableException">A sealed body or field would change.</exception>
    /// <exception cref="StorageUnavailableException">The store is busy beyond its bound, full, read-only or gone.</exception>
    Task<BatchResult> CommitAsync(Batch batch, CancellationToken cancellationToken = default);

    /// <summary>The highest sequence that this writer has committed; 0 if none.</summary>
    Task<long> GetWriterSequenceAsync(RecordId writer, CancellationToken cancellationToken = default);

    /// <summary>The record with this id, tombstones included; null if there never was one.</summary>
    Task<RecordSnapshot?> FindRecordAsync(RecordId id, CancellationToken cancellationToken = default);

    /// <summary>The record with this key; null if there is none.</summary>
    Task<RecordSnapshot?> FindRecordAsync(RecordKey key, CancellationToken cancellationToken = default);

    /// <summary>The records that match, a page at a time.</summary>
    /// <exception cref="ArgumentException">The query is malformed, or the cursor is not of this query.</exception>
    Task<RecordPage> QueryAsync(RecordQuery query, CancellationToken cancellationToken = default);

    /// <summary>All series of these records, ordered by owner in the order given, then by name ordinally.</summary>
    Task<IReadOnlyList<SeriesInfo>> ListSeriesAsync(IReadOnlyList<RecordId> owners, CancellationToken cancellationToken = default);

    /// <summary>
    /// The points in order of arrival, in pieces of the store's choice; nothing for a series that does not exist. One call
    /// reads one consistent state.
    /// </summary>
    /// <exception cref="IntegrityException">A stored block is damaged; the message names the series.</exception>
    /// <exception cref="NotFoundException">The record was purged while the series was read.</exception>
    IAsyncEnumerable<SeriesColumns> ReadSeriesAsync(
        RecordId owner, string name, SeriesRange range, CancellationToken cancellationToken = default);

    /// <summary>
    /// At most <paramref name="buckets"/> buckets over the range of steps, none of them empty, that keep every extreme at its
    /// exact step; reads statistics instead of points where it can. Nothing for a series that does not exist.
    /// </summary>
    /// <exception cref="ArgumentException">The series is not one of numbers, or <paramref name="buckets"/> is not 1 to 100,000.</exception>
    Task<IReadOnlyList<SeriesBucket>> DownsampleSeriesAsync(
        RecordId owner, string name, SeriesRange range, int buckets, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lays out the points of a record's series of numbers whose names start with the prefix as rows for people and their tools,
    /// in place of those that it showed before: all of them or, if this throws, none. Null shows nothing any more. What is shown
    /// does not follow points that come later, is in no log, and goes with a purge. Returns how many points are shown.
    /// </summary>
    /// <exception cref="NotFoundException">The record does not exist or was purged.</exception>
    /// <exception cref="IntegrityException">A stored block is damaged; the message names the series.</exception>
    /// <exception cref="StorageUnavailableException">The store is busy beyond its bound, full, read-only or gone.</exception>
    Task<long> ShowSeriesAsync(RecordId owner, string? prefix, CancellationToken cancellationToken = default);

    /// <summary>The cell with this key, or null if it is absent or expired.</summary>
    Task<Cell?> FindCellAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Those cells with these keys that are there and not expired, in no order; one consistent state. A key may stand twice.</summary>
    Task<IReadOnlyList<Cell>> FindCellsAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default);

    /// <summary>All cells, not expired, whose key starts with the prefix, by key ordinally.</summary>
    Task<IReadOnlyList<Cell>> ListCellsAsync(string prefix, CancellationToken cancellationToken = default);

    /// <summary>The chain of a record from its first entry.</summary>
    Task<IReadOnlyList<FeedEntry>> ReadChainAsync(RecordId record, CancellationToken cancellationToken = default);

    /// <summary>
    /// Entries of all records after a position, in order of position, at most <paramref name="limit"/>. Reading on from the
    /// last one returned skips no entry, whatever writers do.
    /// </summary>
    Task<IReadOnlyList<FeedEntry>> ReadFeedAsync(long afterPosition, int limit, CancellationToken cancellationToken = default);

    /// <summary>The present state of all chains, to be kept outside the store.</summary>
    Task<Checkpoint> CreateCheckpointAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Checks the backend's own structures, every chain, every field against its log entry, every block of every series against
    /// its summary, and the checkpoint if one is given. A row that cannot be read is one problem of its record, and the rest is
    /// checked.
    /// </summary>
    Task<VerificationReport> VerifyAsync(Checkpoint? checkpoint = null, CancellationToken cancellationToken = default);
}

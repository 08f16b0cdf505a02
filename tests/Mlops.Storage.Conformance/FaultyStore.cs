using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Mlops.Storage.Conformance;

/// <summary>A real store behind a line that fails when told to.</summary>
public sealed class FaultyStore(IMetadataStore inner) : IMetadataStore
{
    private readonly ConcurrentQueue<Batch> _committed = new();
    private int _failNext;
    private int _loseNext;
    private int _lists;
    private int _refused;

    /// <summary>While true, nothing works.</summary>
    public bool IsAway
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>Commits wait for this before they go through; null for at once.</summary>
    public Task? Gate
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>Looking up several cells waits for this; null for at once.</summary>
    public Task? FindGate
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>Which batches take longer than the store allows; null for none.</summary>
    public Func<Batch, bool>? IsTooMuch { get; set; }

    /// <summary>Called before and after each commit.</summary>
    public Action<string>? Step { get; set; }

    /// <summary>What the store has committed, in order.</summary>
    public IReadOnlyList<Batch> Committed => [.. _committed];

    /// <summary>How often cells were listed.</summary>
    public int Lists => Volatile.Read(ref _lists);

    /// <summary>How often something was asked in vain.</summary>
    public int Refused => Volatile.Read(ref _refused);

    public StoreInfo Info => inner.Info;

    /// <summary>The next commits fail before they reach the store.</summary>
    public void FailNext(int commits) => Volatile.Write(ref _failNext, commits);

    /// <summary>The next commits reach the store, but the answer is lost.</summary>
    public void LoseNext(int acknowledgements) => Volatile.Write(ref _loseNext, acknowledgements);

    public async Task<BatchResult> CommitAsync(Batch batch, CancellationToken cancellationToken = default)
    {
        if (Gate is { } gate)
            await gate.WaitAsync(cancellationToken);
        ThrowIfAway();
        if (Volatile.Read(ref _failNext) > 0 && Interlocked.Decrement(ref _failNext) >= 0)
            throw new StorageUnavailableException("The line to the store was cut before the commit.");
        if (IsTooMuch?.Invoke(batch) == true)
            throw new StorageUnavailableException("The store did not answer in time.");
        Step?.Invoke("before commit");
        var result = await inner.CommitAsync(batch, cancellationToken);
        Step?.Invoke("after commit");
        if (!result.Repeated)
            _committed.Enqueue(batch);
        if (Volatile.Read(ref _loseNext) > 0 && Interlocked.Decrement(ref _loseNext) >= 0)
            throw new StorageUnavailableException("The line to the store was cut before the answer.");
        return result;
    }

    public Task<long> GetWriterSequenceAsync(RecordId writer, CancellationToken cancellationToken = default) =>
        Reach().GetWriterSequenceAsync(writer, cancellationToken);

    public Task<RecordSnapshot?> FindRecordAsync(RecordId id, CancellationToken cancellationToken = default) =>
        Reach().FindRecordAsync(id, cancellationToken);

    public Task<RecordSnapshot?> FindRecordAsync(RecordKey key, CancellationToken cancellationToken = default) =>
        Reach().FindRecordAsync(key, cancellationToken);

    public Task<RecordPage> QueryAsync(RecordQuery query, CancellationToken cancellationToken = default) =>
        Reach().QueryAsync(query, cancellationToken);

    public Task<IReadOnlyList<SeriesInfo>> ListSeriesAsync(IReadOnlyList<RecordId> owners, CancellationToken cancellationToken = default) =>
        Reach().ListSeriesAsync(owners, cancellationToken);

    public async IAsyncEnumerable<SeriesColumns> ReadSeriesAsync(
        RecordId owner, string name, SeriesRange range, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var columns in Reach().ReadSeriesAsync(owner, name, range, cancellationToken))
            yield return columns;
    }

    public Task<IReadOnlyList<SeriesBucket>> DownsampleSeriesAsync(
        RecordId owner, string name, SeriesRange range, int buckets, CancellationToken cancellationToken = default) =>
        Reach().DownsampleSeriesAsync(owner, name, range, buckets, cancellationToken);

    public Task<long> ShowSeriesAsync(RecordId owner, string? prefix, CancellationToken cancellationToken = default) =>
        Reach().ShowSeriesAsync(owner, prefix, cancellationToken);

    public Task<Cell?> FindCellAsync(string key, CancellationToken cancellationToken = default) =>
        Reach().FindCellAsync(key, cancellationToken);

    public async Task<IReadOnlyList<Cell>> FindCellsAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken = default)
    {
        if (FindGate is { } gate)
            await gate.WaitAsync(cancellationToken);
        return await Reach().FindCellsAsync(keys, cancellationToken);
    }

    public Task<IReadOnlyList<Cell>> ListCellsAsync(string prefix, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _lists);
        return Reach().ListCellsAsync(prefix, cancellationToken);
    }

    public Task<IReadOnlyList<FeedEntry>> ReadChainAsync(RecordId record, CancellationToken cancellationToken = default) =>
        Reach().ReadChainAsync(record, cancellationToken);

    public Task<IReadOnlyList<FeedEntry>> ReadFeedAsync(long afterPosition, int limit, CancellationToken cancellationToken = default) =>
        Reach().ReadFeedAsync(afterPosition, limit, cancellationToken);

    public Task<Checkpoint> CreateCheckpointAsync(CancellationToken cancellationToken = default) =>
        Reach().CreateCheckpointAsync(cancellationToken);

    public Task<VerificationReport> VerifyAsync(Checkpoint? checkpoint = null, CancellationToken cancellationToken = default) =>
        Reach().VerifyAsync(checkpoint, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private IMetadataStore Reach()
    {
        ThrowIfAway();
        return inner;
    }

    private void ThrowIfAway()
    {
        if (!IsAway)
            return;
        Interlocked.Increment(ref _refused);
        throw new StorageUnavailableException("The store is away.");
    }
}

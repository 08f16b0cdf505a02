namespace Mlops.Storage;

/// <summary>
/// Brings a store to what another one holds: objects, then records, then the points of series. It follows the source's feed from
/// where the last copy ended, so a copy that was interrupted is simply begun again, and one that finds nothing new is short.
/// Records keep their ids; the target writes its own log. Of a record that changed on both sides since, the source's state wins,
/// except for what the target has sealed; the report names both. A source that was restored from a backup is read from its
/// beginning, and all that differs in the target is named.
/// Cells (leases, heartbeats) are not copied.
/// </summary>
/// <param name="from">The source. It may be written to meanwhile; what comes after the start may or may not be copied.</param>
/// <param name="fromContent">The content of the source.</param>
/// <param name="to">The target.</param>
/// <param name="toContent">The content of the target.</param>
/// <param name="actor">Who copies, for the target's log.</param>
/// <param name="time">The clock.</param>
public sealed class StoreCopy(
    IMetadataStore from, ContentStore fromContent, IMetadataStore to, ContentStore toContent, string actor, TimeProvider time)
{
    private const int EntriesTogether = 1000;

    /// <summary>Leaves the records that the target has as they are, for a source that may be older; points that it lacks are added.</summary>
    public bool KeepsTarget { get; init; }

    /// <summary>Copies what the target lacks, and compares what it should then have.</summary>
    /// <param name="progress">Told now and then how far it is.</param>
    /// <param name="cancellationToken">Cancels between batches; what was copied stays, and the next copy goes on from there.</param>
    /// <exception cref="ArgumentException">Source and target are one store.</exception>
    /// <exception cref="ConflictException">Another copy of the same source writes to the target at the same time.</exception>
    /// <exception cref="StorageUnavailableException">Source or target cannot be used; begin again when they can.</exception>
    public async Task<CopyReport> RunAsync(IProgress<CopyProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var (state, records, series, end) = await BeginAsync(progress, cancellationToken).ConfigureAwait(false);
        while (state.Mark.Position < end)
        {
            var entries = await from.ReadFeedAsync(state.Mark.Position, EntriesTogether, cancellationToken).ConfigureAwait(false);
            if (entries.Count == 0)
                break;
            state.Mark.Advance(entries);
            await records.CopyAsync([.. entries.Select(e => e.Entry.Record).Distinct()], cancellationToken).ConfigureAwait(false);
        }

        await series.CopyAllAsync(cancellationToken).ConfigureAwait(false);
        return state.ToReport();
    }

    /// <summary>Copies these records alone, in this order, with their series and what content they name.</summary>
    /// <param name="only">Records of the source.</param>
    /// <param name="progress">Told now and then how far it is.</param>
    /// <param name="cancellationToken">Cancels between batches; what was copied stays.</param>
    /// <inheritdoc cref="RunAsync(IProgress{CopyProgress}?, CancellationToken)" path="/exception"/>
    public async Task<CopyReport> RunAsync(
        IReadOnlyList<RecordId> only, IProgress<CopyProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(only);
        var (state, records, series, _) = await BeginAsync(progress, cancellationToken).ConfigureAwait(false);
        foreach (var some in only.Chunk(EntriesTogether))
            await records.CopyAsync(some, cancellationToken).ConfigureAwait(false);
        foreach (var some in only.Chunk(EntriesTogether))
            await series.CopyAsync(some, cancellationToken).ConfigureAwait(false);
        return state.ToReport();
    }

    private async Task<(CopyState State, RecordCopy Records, SeriesCopy Series, long End)> BeginAsync(
        IProgress<CopyProgress>? progress, CancellationToken cancellationToken)
    {
        // reaches both stores, so that both can say which they are
        var end = (await from.CreateCheckpointAsync(cancellationToken).ConfigureAwait(false)).Position;
        var targetEnd = (await to.CreateCheckpointAsync(cancellationToken).ConfigureAwait(false)).Position;
        if (from.Info.StoreId == to.Info.StoreId)
            throw new ArgumentException($"'{from.Info.Location}' and '{to.Info.Location}' are the same store; name another target.");

        var copy = new IdGenerator(time).Next();
        var mark = await CopyMark.ReadAsync(to, from, end, copy, cancellationToken).ConfigureAwait(false);
        var seen = (await CopyMark.ReadAsync(from, to, targetEnd, copy, cancellationToken).ConfigureAwait(false)).Position;
        var state = new CopyState(to, mark, actor, time, progress);
        var content = new ContentCopy(fromContent, toContent, state);
        var records = new RecordCopy(from, to, content, state, seen, KeepsTarget);
        return (state, records, new SeriesCopy(from, to, records, content, state), end);
    }
}

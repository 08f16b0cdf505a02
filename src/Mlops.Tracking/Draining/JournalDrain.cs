using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Moves what stands in a journal into the store, pass by pass. The sequence of a pass is the place in the journal where it
/// ends, and the store keeps it in the same commit: so what was drained is known to the store itself, and nothing is drained
/// twice, whoever goes on with this journal. Each pass also names the sequence that it follows, so that one which a killed process
/// or a broken connection still has on its way is either before it or refused. Not thread-safe.
/// </summary>
internal sealed class JournalDrain
{
    private const int MostUnits = 512 * 1024;
    private readonly IMetadataStore _store;
    private readonly ContentSpool _spool;
    private readonly RecordId _writer;
    private readonly string _actor;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Housekeeping? _housekeeping;
    private int _mostUnits = MostUnits;
    private (long Holes, long Damaged, long Rejected) _counts;
    private long _unanswered = long.MaxValue;
    private long _stored;

    /// <param name="store">Where records and points go.</param>
    /// <param name="spool">Holds contents that must be there before they are named.</param>
    /// <param name="writer">Whose journal this is.</param>
    /// <param name="actor">Who did what no batch of the journal says.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told of what is lost.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="housekeeping">What a living writer adds; null for the journal of a dead one.</param>
    public JournalDrain(
        IMetadataStore store,
        ContentSpool spool,
        RecordId writer,
        string actor,
        TimeProvider time,
        ILogger logger,
        Segment start,
        Housekeeping? housekeeping)
    {
        _store = store;
        _spool = spool;
        _writer = writer;
        _actor = actor;
        _time = time;
        _logger = logger;
        _housekeeping = housekeeping;
        Pass = new DrainPass { KeepsOwners = IsRecovery };
        Segment = start;
    }

    public DrainPass Pass { get; }

    private bool IsRecovery => _housekeeping is null;

    /// <summary>The segment that is being read; those before it are in the store.</summary>
    public Segment Segment { get; private set; }

    /// <summary>The place in <see cref="Segment"/> behind what is in the store.</summary>
    public int Index { get; private set; }

    /// <summary>The sequence behind what is in the store.</summary>
    public long Drained => Segment.Base + Index;

    /// <summary>Skips what the store has already, but learns the keys that are defined there.</summary>
    /// <param name="sequence">The sequence of the writer in the store.</param>
    /// <param name="countFrom">From where on what is damaged counts though it is skipped.</param>
    public void SkipTo(long sequence, long countFrom = long.MaxValue)
    {
        _stored = sequence;
        Pass.Counts = _counts;
        while (true)
        {
            var skip = (int)Math.Clamp(sequence - Segment.Base, 0, Segment.Reserved);
            Pass.ReadDefinitions(Segment, skip, (int)Math.Clamp(countFrom - Segment.Base, 0, skip));
            Index = skip;
            _counts = Pass.Counts;
            if (skip < Segment.Reserved || Segment.Next is null)
                return;
            Segment = Segment.Next;
        }
    }

    /// <summary>Reads a pass and commits it together with what is in <see cref="Pass"/> already.</summary>
    /// <returns>What the commit did; null if there was nothing to commit.</returns>
    /// <exception cref="StorageUnavailableException">The store takes nothing now; the same pass can be tried again.</exception>
    public async Task<BatchResult?> StepAsync(CancellationToken cancellationToken)
    {
        if (_unanswered != long.MaxValue)
            await SendLessAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            Pass.Clear();
            Pass.Counts = _counts;
            Pass.From = Drained;
            _housekeeping?.AddTo(Pass);
            var (segment, index) = ReadOn();
            var units = Pass.Units;
            var moved = segment.Base + index > Drained;
            if (Pass.IsEmpty)
            {
                MoveTo(segment, index);
                if (!moved || units == 0)
                    return null;
                continue;
            }

            var key = moved ? new BatchKey(_writer, segment.Base + index, _stored) : (BatchKey?)null;
            var batch = Pass.ToBatch(key, _actor, _time.GetUtcNow());
            await DeliverAsync(batch, cancellationToken).ConfigureAwait(false);
            try
            {
                // until there is an answer it may be in the store or not: then the very same must be sent again, though the journal
                // has grown, because only its sequence tells the store that it has it
                _unanswered = moved ? segment.Base + index : long.MaxValue;
                var result = await _store.CommitAsync(batch, cancellationToken).ConfigureAwait(false);
                _unanswered = long.MaxValue;
                _stored = key?.Sequence ?? _stored;
                MoveTo(segment, index);
                _mostUnits = Math.Min(MostUnits, _mostUnits * 2);
                await _spool.RemoveDeliveredAsync(batch).ConfigureAwait(false);
                return result;
            }
            catch (OutOfSequenceException)
            {
                // what was taken for lost, or what the process before this one had sent, has arrived meanwhile
                _unanswered = long.MaxValue;
                SkipTo(await _store.GetWriterSequenceAsync(_writer, cancellationToken).ConfigureAwait(false));
            }
            catch (Exception e) when (e is NotFoundException or ConflictException or ImmutableException or ArgumentException)
            {
                _unanswered = long.MaxValue;

                // the store will never take all of this, and it must not block what stands behind it: leave out records that
                // are gone, or else halve the pass until the one that is refused stands alone
                if (await GiveUpOnGoneAsync(cancellationToken).ConfigureAwait(false))
                    continue;
                if (units > 1)
                {
                    _mostUnits = units / 2;
                    continue;
                }

                if (units == 0)
                    throw;
                TrackingLog.Refused(_logger, _writer, segment.Base + index, e);
                Pass.CountRefused();
                await _spool.RemoveDeliveredAsync(batch).ConfigureAwait(false);
                MoveTo(segment, index);
            }
        }
    }

    /// <summary>
    /// A store that answers, but did not take the pass, may never take so much within its time limit: the next is half as large.
    /// </summary>
    private async Task SendLessAsync(CancellationToken cancellationToken)
    {
        if (await _store.GetWriterSequenceAsync(_writer, cancellationToken).ConfigureAwait(false) >= _unanswered)
            return;
        _unanswered = long.MaxValue;
        _mostUnits = Math.Max(1, Pass.Units / 2);
    }

    private async Task DeliverAsync(Batch batch, CancellationToken cancellationToken)
    {
        var delivery = _spool.DeliverAsync(batch, cancellationToken);
        for (var isOver = false; !isOver && !delivery.IsCompletedSuccessfully && _housekeeping is not null; isOver = delivery.IsCompleted)
        {
            await Task.WhenAny(delivery, Task.Delay(_housekeeping.LookInterval, _time, cancellationToken)).ConfigureAwait(false);
            if (cancellationToken.IsCancellationRequested)
                break;
            if (!delivery.IsCompletedSuccessfully)
                await _housekeeping.SignWhileWaitingAsync(cancellationToken).ConfigureAwait(false);
        }

        await delivery.ConfigureAwait(false);
    }

    private void MoveTo(Segment segment, int index)
    {
        if (segment != Segment)
            Pass.ForgetKeysBefore(segment.Base);
        (Segment, Index) = (segment, index);
        _counts = Pass.Counts;
    }

    private (Segment Segment, int Index) ReadOn()
    {
        var (segment, index) = (Segment, Index);
        while (true)
        {
            var to = (int)Math.Min(segment.Reserved, _unanswered - segment.Base);
            index = Pass.Read(segment, index, to, _mostUnits, IsRecovery);
            if (segment.Base + index >= _unanswered || index != segment.End || segment.Next is not { } next || Pass.Units >= _mostUnits)
                return (segment, index);
            (segment, index) = (next, 0);
        }
    }

    private async Task<bool> GiveUpOnGoneAsync(CancellationToken cancellationToken)
    {
        var found = false;
        var batch = Pass.ToBatch(null, _actor, _time.GetUtcNow());
        var created = batch.Changes.Where(c => c.Mode != ChangeMode.Update).Select(c => c.Id).ToHashSet();
        var needed = batch.Changes.Where(c => c.Mode == ChangeMode.Update).Select(c => c.Id)
            .Concat(batch.Appends.Select(a => a.Owner)).Distinct();
        foreach (var id in needed)
        {
            if (created.Contains(id))
                continue;
            if (await _store.FindRecordAsync(id, cancellationToken).ConfigureAwait(false) is null or { IsPurged: true })
            {
                TrackingLog.RecordGone(_logger, id);
                Pass.GiveUpOn(id);
                found = true;
            }
        }

        return found;
    }
}

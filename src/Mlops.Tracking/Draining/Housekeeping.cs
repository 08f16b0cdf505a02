using Microsoft.Extensions.Logging;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// What each pass carries beside the journal: signs of life while runs are open, how many points were dropped, and how often the
/// journal stood in memory. All calls come from the drainer, one at a time.
/// </summary>
internal sealed class Housekeeping(
    IMetadataStore store, RecordId writer, Func<IEnumerable<ActiveRun>> listRuns, Func<int> countGaps, TrackingOptions options, ILogger logger)
{
    /// <summary>How many times in a lease somebody asks at least. Every second time a sign of life is due.</summary>
    private const int LooksPerLease = 6;

    private readonly Dictionary<RunId, long> _dropped = [];
    private readonly Dictionary<RunId, long> _droppedInPass = [];
    private DateTimeOffset? _lastSign;
    private readonly List<(ActiveRun Run, int Gaps)> _gapsInPass = [];
    private DateTimeOffset? _signInPass;
    private bool _signChanges;

    /// <summary>How long nobody need ask.</summary>
    public TimeSpan LookInterval => options.LeaseTime / LooksPerLease;

    /// <summary>Adds what is due; when the pass commits, <see cref="OnCommitted"/> must follow.</summary>
    public void AddTo(DrainPass pass)
    {
        _signChanges = false;
        _droppedInPass.Clear();
        _gapsInPass.Clear();
        var allGaps = countGaps();
        var anyOpen = false;
        foreach (var run in listRuns())
        {
            anyOpen |= run.IsOwnedAndOpen;
            if (!run.IsInStore(pass.From))
                continue;
            var gaps = allGaps - run.GapsBefore;
            if (gaps != run.GapsTold)
            {
                _gapsInPass.Add((run, gaps));
                pass.Add(RunRecord.JournalGaps(run.Id, writer, gaps));
            }

            var dropped = run.DroppedPoints;
            if (dropped == 0 || _dropped.GetValueOrDefault(run.Id) == dropped)
                continue;
            _droppedInPass[run.Id] = dropped;
            pass.Add(RunRecord.PointsDropped(run.Id, writer, dropped));
        }

        var now = options.Time.GetUtcNow();
        if (!anyOpen)
        {
            if (_lastSign is not null)
                Sign(pass, LostRuns.NoSignOfLife(writer), null);
            return;
        }

        if (IsSignDue(now))
            Sign(pass, LostRuns.SignOfLife(writer, options.LeaseTime), now);
    }

    /// <summary>
    /// Gives a sign of life by itself, if one is due, while a pass waits for an object store: the database that keeps the sign may
    /// well be there, and other machines would take this one's runs for lost.
    /// </summary>
    public async Task SignWhileWaitingAsync(CancellationToken cancellationToken)
    {
        var now = options.Time.GetUtcNow();
        if (!IsSignDue(now) || !listRuns().Any(run => run.IsOwnedAndOpen))
            return;
        try
        {
            var sign = new Batch { Actor = options.Actor, ClientTime = now, Cells = [LostRuns.SignOfLife(writer, options.LeaseTime)] };
            await store.CommitAsync(sign, cancellationToken).ConfigureAwait(false);
            _lastSign = now;
        }
        catch (StorageUnavailableException)
        {
            // the database is away as well, as the pass will find
        }
    }

    /// <summary>Notes that what was added last is in the store.</summary>
    public void OnCommitted()
    {
        if (_signChanges)
            _lastSign = _signInPass;
        foreach (var (run, gaps) in _gapsInPass)
        {
            run.GapsTold = gaps;
            TrackingLog.InMemory(logger, run.Id.ToString(), gaps);
        }

        foreach (var (run, count) in _droppedInPass)
        {
            _dropped[run] = count;
            TrackingLog.Dropped(logger, run.ToString(), count);
        }
    }

    private bool IsSignDue(DateTimeOffset now) => !(now - _lastSign is { } silence && silence < options.LeaseTime / 4 && silence >= TimeSpan.Zero);

    private void Sign(DrainPass pass, CellWrite cell, DateTimeOffset? at)
    {
        pass.Add(cell);
        _signInPass = at;
        _signChanges = true;
    }
}

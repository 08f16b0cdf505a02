using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// The background loop of a client: moves the journal into the store one interval after the first write, sooner when a segment is
/// full or somebody waits, and tries again, ever more slowly, while the store is away. While nothing is logged it wakes for signs of
/// life alone.
/// </summary>
internal sealed class Drainer : IAsyncDisposable
{
    private static readonly TimeSpan MostDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestGathering = TimeSpan.FromMilliseconds(1);
    private readonly Journal _journal;
    private readonly JournalDrain _drain;
    private readonly ILogger _logger;
    private readonly Action<BatchResult> _committed;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<(long Position, TaskCompletionSource Done)> _waiters = [];
    private int _expected; // how many waited for the last commit
    private int _needed; // how many must wait before one of them wakes the loop
    private bool _isAsked;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly ITimer _lifeTimer;
    private readonly Action _startTimer;
    private readonly TimeSpan _longestDelay;
    private readonly Task _loop;
    private volatile Exception? _lastError;
    private long _drained;
    private long _refused;
    private long _caughtUp;

    /// <param name="journal">What is drained.</param>
    /// <param name="drain">How.</param>
    /// <param name="options">Interval and clock.</param>
    /// <param name="lookInterval">How often a pass is made though nothing was logged, for signs of life.</param>
    /// <param name="logger">Told of trouble.</param>
    /// <param name="committed">Told what each commit did.</param>
    public Drainer(
        Journal journal, JournalDrain drain, TrackingOptions options, TimeSpan lookInterval, ILogger logger, Action<BatchResult> committed)
    {
        _journal = journal;
        _drain = drain;
        _logger = logger;
        _committed = committed;
        _time = options.Time;
        _timer = options.Time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _startTimer = () => _timer.Change(options.DrainInterval, Timeout.InfiniteTimeSpan);
        journal.TellOfNextWrite(_startTimer);

        // a pass that fails gives a sign of life too
        _longestDelay = lookInterval < MostDelay ? lookInterval : MostDelay;
        _lifeTimer = options.Time.CreateTimer(_ => Wake(), null, lookInterval, lookInterval);
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>The sequence behind what is in the store.</summary>
    public long Drained => Interlocked.Read(ref _drained);

    /// <summary>How many points and batches the store refused for good.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Why the store took nothing at the last try; null if it did.</summary>
    public Exception? LastError => _lastError;

    /// <summary>When everything logged by then was last in the store; null if it never was.</summary>
    public DateTimeOffset? CaughtUp
    {
        get
        {
            if (Drained > 0 && Drained == _journal.Position)
                return _time.GetUtcNow();
            return Interlocked.Read(ref _caughtUp) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        }
    }

    public void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // awake already, or over
        }
    }

    /// <summary>Waits until everything up to a place in the journal is in the store; false if the bound passed first.</summary>
    public async Task<bool> WaitAsync(long position, TimeSpan bound, CancellationToken cancellationToken)
    {
        TaskCompletionSource done;
        bool wakes;
        lock (_gate)
        {
            if (Drained >= position)
                return true;
            done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((position, done));
            _isAsked = true;
            wakes = _waiters.Count >= _needed;
        }

        if (wakes)
            Wake();
        try
        {
            await done.Task.WaitAsync(bound, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return Drained >= position;
        }
        finally
        {
            lock (_gate)
                _waiters.RemoveAll(w => w.Done == done);
        }
    }

    /// <summary>Stops the loop; what is not drained stays in the journal.</summary>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _lifeTimer.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        Wake();
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
        _wake.Dispose();
    }

    private async Task LoopAsync()
    {
        var delay = TimeSpan.Zero;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                // whoever stops the loop wakes it, which costs less than an exception
                if (delay == TimeSpan.Zero)
                    await _wake.WaitAsync(CancellationToken.None).ConfigureAwait(false);
                else
                    await PauseAsync(delay).ConfigureAwait(false);
                if (_stop.IsCancellationRequested)
                    return;
                await DrainAsync(_journal.Position).ConfigureAwait(false);

                // what was written behind the last pass may have woken the loop while it was awake
                _journal.TellOfNextWrite(_startTimer);
                if (_journal.Position != Drained)
                    _startTimer();
                if (_lastError is not null)
                    TrackingLog.StoreBack(_logger);
                _lastError = null;
                Interlocked.Exchange(ref _caughtUp, Drained > 0 ? _time.GetUtcNow().UtcTicks : 0);
                _journal.Stalled = false;
                delay = TimeSpan.Zero;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // S1: whatever the store does, the training goes on; the error surfaces on flush and dispose
                delay = delay == TimeSpan.Zero ? TimeSpan.FromMilliseconds(50) : delay * 2;
                delay = delay > _longestDelay ? _longestDelay : delay;
                if (e is StorageUnavailableException)
                    TrackingLog.StoreAway(_logger, delay, e);
                else
                    TrackingLog.DrainFailed(_logger, delay, e);
                _lastError = e;
                _journal.Stalled = true;
            }
        }
    }

    /// <summary>Waits before the next try; somebody who asks for a flush meanwhile gets one at once.</summary>
    private async Task PauseAsync(TimeSpan delay)
    {
        var started = Stopwatch.GetTimestamp();
        while (delay - Stopwatch.GetElapsedTime(started) is var rest && rest > TimeSpan.Zero)
        {
            await _wake.WaitAsync(rest, _stop.Token).ConfigureAwait(false);
            lock (_gate)
            {
                if (_isAsked)
                    break;
            }
        }

        lock (_gate)
            _isAsked = false;
    }

    private async Task DrainAsync(long target)
    {
        while (true)
        {
            var started = Stopwatch.GetTimestamp();
            using var activity = TrackingDiagnostics.Activities.StartActivity("mlops.drain");
            var result = await _drain.StepAsync(_stop.Token).ConfigureAwait(false);
            if (result is not null)
            {
                _journal.Stalled = false;
                activity?.SetTag("mlops.points", _drain.Pass.Points);
                TrackingDiagnostics.DrainDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
                TrackingDiagnostics.Points.Add(_drain.Pass.Points);
                _committed(result);
            }

            Interlocked.Exchange(ref _refused, _drain.Pass.Rejected);
            while (_journal.Oldest != _drain.Segment)
                _journal.RetireOldest();
            var isMore = Advance(_drain.Drained, ref target);
            if (result is not null)
                isMore |= await GatherAsync().ConfigureAwait(false);
            if (!isMore)
                return;

            // a slot is given out but not written yet: its thread needs a moment
            if (result is null)
                await Task.Delay(1, _stop.Token).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Gives those who waited for the last commit a moment to come back: a parameter search completes its runs in step, and one
    /// commit for all costs little more than one for some of them. True if anybody waits then.
    /// </summary>
    private async Task<bool> GatherAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            lock (_gate)
            {
                var isOver = Stopwatch.GetElapsedTime(started) >= LongestGathering;
                if (_expected < 2 || _waiters.Count >= _expected || isOver)
                {
                    _needed = 0;
                    _expected = isOver ? _waiters.Count : _expected;
                    return _waiters.Count > 0;
                }

                _needed = _expected;
            }

            await _wake.WaitAsync(LongestGathering, _stop.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Releases those who waited for this; true if there is more to do now.</summary>
    private bool Advance(long drained, ref long target)
    {
        lock (_gate)
        {
            Interlocked.Exchange(ref _drained, drained);
            var waiting = _waiters.Count;
            for (var i = _waiters.Count - 1; i >= 0; i--)
            {
                if (_waiters[i].Position <= drained)
                    _waiters[i].Done.TrySetResult();
                else
                    target = Math.Max(target, _waiters[i].Position);
            }

            if (_waiters.RemoveAll(w => w.Position <= drained) > 0)
                _expected = waiting;
            return drained < target;
        }
    }
}

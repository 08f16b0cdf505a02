using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>A rule in force: judges points of several threads one after the other, and tells its watch once.</summary>
internal sealed class WatchedRule : IDisposable
{
    private readonly RunWatch _watch;
    private readonly IRuleState _state;
    private readonly ITimer? _timer;
    private readonly Lock _gate = new();
    private volatile bool _isOver;

    public WatchedRule(RunWatch watch, WatchRule rule, TimeProvider time, SeriesSummary? before)
    {
        _watch = watch;
        Rule = rule;
        _state = rule.Start(time, before);
        if (_state is not StalledState stalled)
            return;
        _timer = time.CreateTimer(_ => OnTime(stalled), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(stalled.Left, Timeout.InfiniteTimeSpan);
    }

    public WatchRule Rule { get; }

    public void Observe(long step, double value)
    {
        if (_isOver)
            return;
        string? reason;
        lock (_gate)
        {
            if (_isOver)
                return;
            reason = _state.Observe(step, value);
            _isOver = reason is not null;
        }

        if (reason is not null)
            _watch.Tell(Rule, reason, step);
    }

    public void Dispose()
    {
        lock (_gate)
            _isOver = true;
        _timer?.Dispose();
    }

    private void OnTime(StalledState stalled)
    {
        lock (_gate)
        {
            if (_isOver)
                return;

            // points only note the time, so that they cost no timer
            if (stalled.Left is var left && left > TimeSpan.Zero)
            {
                _timer!.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
                return;
            }

            _isOver = true;
        }

        _watch.Tell(Rule, stalled.Reason, step: null);
    }
}

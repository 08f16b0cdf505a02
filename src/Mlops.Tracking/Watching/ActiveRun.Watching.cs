using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Mlops.Metadata;

namespace Mlops.Tracking;

/// <content>Rules that watch the run.</content>
public sealed partial class ActiveRun
{
    private ImmutableList<RunWatch> _watches = [];
    private ImmutableList<Cancellation> _cancellations = [];

    /// <summary>
    /// Puts rules into force, until the watch is disposed or the run ends. They see what this handle logs from now on with
    /// <see cref="LogMetric"/> or <see cref="LogMetrics"/>, and of a run that was reopened or joined the best value of before;
    /// metrics that no rule watches cost nothing.
    /// </summary>
    /// <param name="rules">At least one, each with a name of its own.</param>
    /// <exception cref="ArgumentException">There is no rule, two have one name, or one has no goal and none is known for its metric.</exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    public RunWatch Watch(params IReadOnlyList<WatchRule> rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        if (rules.Count == 0)
            throw new ArgumentException("There is no rule to watch the run by; give at least one.", nameof(rules));
        if (rules.GroupBy(r => r.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"Two rules have the name '{twice.Key}', under which both would be recorded; give one another Name.", nameof(rules));
        ThrowIfClosed();
        var watch = new RunWatch(this, [.. rules.Select(r => r.Towards(FindGoal))], _time);
        lock (_gate)
        {
            if (_closed is null)
            {
                _watches = _watches.Add(watch);
                WatchMetrics();
                return watch;
            }
        }

        watch.Dispose();
        ThrowIfClosed();
        return watch;
    }

    /// <summary>Which way a metric is better, as comparisons find it but for what only the store knows; null if nothing says it.</summary>
    private MetricGoal? FindGoal(string metric) => _tracker.Context.FindKnownGoal(Experiment, metric) ?? MetricGoals.Guess(metric);

    internal void Unwatch(RunWatch watch)
    {
        lock (_gate)
        {
            _watches = _watches.Remove(watch);
            WatchMetrics();
        }
    }

    /// <summary>Records and logs what a rule found; null if the run is over.</summary>
    internal WatchFinding? Record(WatchRule rule, string reason, long? step)
    {
        if (_closed is not null)
            return null;
        var finding = new WatchFinding(rule.Name, reason, step, _time.GetUtcNow());
        try
        {
            _tracker.WriteFields(this, [RunRecord.Found(finding)]);
        }
        catch (ObjectDisposedException)
        {
            // a timer came after the client was disposed
            return null;
        }

        TrackingLog.RuleFound(_tracker.Logger, Id.ToString(), rule.Name, step, reason);
        return finding;
    }

    internal void TellHandlerFailed(WatchRule rule, Exception exception) =>
        TrackingLog.HandlerFailed(_tracker.Logger, Id.ToString(), rule.Name, exception);

    /// <summary>Keeps a finding that cancelled a watch's token: an exception that leaves the run's body may be its doing.</summary>
    internal void NoteCancelled(WatchFinding finding, CancellationToken token) =>
        ImmutableInterlocked.Update(ref _cancellations, static (list, c) => list.Add(c), new Cancellation(finding, token));

    private void EndWatches()
    {
        foreach (var watch in _watches)
            watch.Dispose();
    }

    // under the gate: a metric that is new is either seen here, or sees the watches when it is made
    private void WatchMetrics()
    {
        foreach (var metric in _metrics.Values)
            WatchMetric(metric);
    }

    private void WatchMetric(MetricKey metric)
    {
        var rules = _watches.SelectMany(w => w.Rules).Where(r => r.Rule.Metric is not { } key || key == metric.Key).ToArray();
        metric.Rules = rules.Length > 0 ? rules : null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Judge(WatchedRule[] rules, long step, double value)
    {
        foreach (var rule in rules)
            rule.Observe(step, value);
    }

    private sealed record Cancellation(WatchFinding Finding, CancellationToken Token);
}

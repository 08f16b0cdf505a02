using System.Collections.Immutable;
using Mlops.Metadata;

namespace Mlops.Tracking;

/// <summary>
/// Rules in force on a live run. What they find is recorded on the run (<see cref="Run.WatchFindings"/>), logged, and told here.
/// It ends with the run, or when it is disposed. What the rules see is said at <see cref="WatchRule"/>. Thread-safe.
/// </summary>
public sealed class RunWatch : IDisposable
{
    private readonly ActiveRun _run;
    private readonly CancellationTokenSource _cancel = new();
    private ImmutableList<WatchFinding> _findings = [];

    internal RunWatch(ActiveRun run, IReadOnlyList<WatchRule> rules, TimeProvider time)
    {
        _run = run;
        Token = _cancel.Token;
        Rules = [.. rules.Select(r => new WatchedRule(this, r, time, r.Metric is null ? null : run.MetricsBefore.GetValueOrDefault(r.Metric)))];
    }

    /// <summary>Cancelled once a rule that cancels finds something; for the training's loop.</summary>
    public CancellationToken Token { get; }

    /// <summary>What was found so far, oldest first.</summary>
    public IReadOnlyList<WatchFinding> Findings => Volatile.Read(ref _findings);

    /// <summary>
    /// Told of each finding once it is recorded and before the token is cancelled, on the thread that logged the point, or a
    /// timer's; it must be short. What it throws is logged and goes no further.
    /// </summary>
    public event Action<WatchFinding>? Found;

    internal ImmutableArray<WatchedRule> Rules { get; }

    /// <summary>Puts the rules out of force. What they have found stays.</summary>
    public void Dispose()
    {
        _run.Unwatch(this);
        foreach (var rule in Rules)
            rule.Dispose();

        // the source is left as it is: a rule may be about to cancel it, and without a timer it holds nothing
    }

    internal void Tell(WatchRule rule, string reason, long? step)
    {
        if (_run.Record(rule, reason, step) is not { } finding)
            return;
        ImmutableInterlocked.Update(ref _findings, static (list, f) => list.Add(f), finding);
        try
        {
            Found?.Invoke(finding);
        }
        catch (Exception e)
        {
            _run.TellHandlerFailed(rule, e);
        }

        // callbacks of the token run elsewhere: they are not for the thread that logs a point
        if (!rule.Cancels)
            return;
        _run.NoteCancelled(finding, Token);
        _ = _cancel.CancelAsync();
    }
}

using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// What must not happen to a live run; <see cref="ActiveRun.Watch"/> puts it into force. A rule finds something once at most.
/// Points are judged in the order in which they are logged. <c>NaN</c> is found by <see cref="NotFinite"/>, no improvement to
/// <see cref="EarlyStopping"/>, a point to <see cref="Stalled"/>, and left out by the others.
/// </summary>
/// <remarks>
/// A rule sees what is logged through the one handle that it watches, with <see cref="ActiveRun.LogMetric"/> or
/// <see cref="ActiveRun.LogMetrics"/>, while the watch is in force: no points of other handles or processes, and no system metrics. Of a
/// run that was reopened or joined, <see cref="EarlyStopping"/> and <see cref="Diverges"/> also know the best value that it had when the
/// handle was made; they count points from the watch on.
/// </remarks>
public sealed record WatchRule
{
    private readonly Func<TimeProvider, BestValue?, IRuleState> _start;

    private WatchRule(string kind, string? metric, Func<TimeProvider, BestValue?, IRuleState> start)
    {
        Metric = metric is null ? null : EntityText.Key("metric", metric);
        Name = EntityText.Cut(metric is null ? kind : $"{kind}:{metric}", EntityText.MaxKeyLength, mark: "");
        _start = start;
    }

    /// <summary>
    /// The name under which it is recorded: its kind and metric, such as <c>early_stopping:val_auc</c>, cut to 250 characters.
    /// Give rules of one kind and metric different names.
    /// </summary>
    /// <exception cref="ArgumentException">The name has not 1 to 250 characters, or a control character.</exception>
    public string Name
    {
        get;
        init => field = EntityText.Key("rule", value);
    }

    /// <summary>The metric that it watches; null if it is any.</summary>
    public string? Metric { get; }

    /// <summary>Which way the metric is better, for a rule that needs it.</summary>
    private MetricGoal? Goal { get; init; }

    private bool NeedsGoal { get; init; }

    /// <summary>Whether <see cref="RunWatch.Token"/> is cancelled when it finds something; true by default.</summary>
    public bool Cancels { get; init; } = true;

    /// <summary>The metric is NaN or infinite.</summary>
    /// <exception cref="ArgumentException">The key is not allowed.</exception>
    public static WatchRule NotFinite(string metric) => new("not_finite", metric, (_, _) => new NotFiniteState());

    /// <summary>The metric lies outside a range, bounds included, for some points in a row.</summary>
    /// <param name="metric">The key.</param>
    /// <param name="min">The least value that is fine; no bound by default.</param>
    /// <param name="max">The greatest value that is fine; no bound by default.</param>
    /// <param name="points">How many in a row, at least 1.</param>
    /// <exception cref="ArgumentException">The key is not allowed, there is no bound, or they leave no value.</exception>
    public static WatchRule OutOfRange(
        string metric, double min = double.NegativeInfinity, double max = double.PositiveInfinity, int points = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(points, 1);
        if (!(min <= max) || (double.IsNegativeInfinity(min) && double.IsPositiveInfinity(max)))
            throw new ArgumentException($"The range of '{metric}' is {min} to {max}; give a least or greatest value, the least not above the greatest.");
        return new WatchRule("out_of_range", metric, (_, _) => new OutOfRangeState(min, max, points));
    }

    /// <summary>
    /// The metric is worse than its best value so far by a factor, for some points in a row: with a loss of 0.2 at best and the
    /// factor 2 that is above 0.4, with an accuracy of 0.9 below 0.45. With a negative best value <c>b</c> it is worse than <c>b</c> by
    /// more than <c>(factor − 1)·|b|</c>. Nothing is found after a best value of 0, which no factor makes worse.
    /// </summary>
    /// <param name="metric">The key.</param>
    /// <param name="factor">Greater than 1.</param>
    /// <param name="points">How many in a row, at least 1.</param>
    /// <param name="goal">
    /// Which way it is better. By default it is the experiment's goal if this client has set or read it, else guessed from the key
    /// (<see cref="MetricGoals.Guess"/>); where neither says anything, <see cref="ActiveRun.Watch"/> refuses the rule.
    /// </param>
    /// <exception cref="ArgumentException">The key is not allowed, or a number is out of range.</exception>
    public static WatchRule Diverges(string metric, double factor = 2, int points = 3, MetricGoal? goal = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(points, 1);
        if (!(factor > 1) || double.IsInfinity(factor))
            throw new ArgumentOutOfRangeException(nameof(factor), factor, "The factor by which it may be worse is a number greater than 1.");
        return new WatchRule("diverges", metric, (_, best) => new DivergesState(factor, points, best!)) { Goal = goal, NeedsGoal = true };
    }

    /// <summary>The metric has not improved for some points in a row.</summary>
    /// <param name="metric">The key.</param>
    /// <param name="patience">How many points without improvement, at least 1.</param>
    /// <param name="minDelta">By how much a value must be better than the best one to be an improvement; at least 0.</param>
    /// <param name="goal"><inheritdoc cref="Diverges" path="/param[@name='goal']"/></param>
    /// <exception cref="ArgumentException">The key is not allowed, or a number is out of range.</exception>
    public static WatchRule EarlyStopping(string metric, int patience, double minDelta = 0, MetricGoal? goal = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(patience, 1);
        if (!double.IsFinite(minDelta) || minDelta < 0)
            throw new ArgumentOutOfRangeException(nameof(minDelta), minDelta, "The least improvement is a finite number of at least 0.");
        return new WatchRule("early_stopping", metric, (_, best) => new EarlyStoppingState(patience, minDelta, best!)) { Goal = goal, NeedsGoal = true };
    }

    /// <summary>No point was logged for a time, counted from when the watch began.</summary>
    /// <param name="after">How long, 1 millisecond to 24 days.</param>
    /// <param name="metric">The metric of the points; any by default. System metrics do not count.</param>
    /// <exception cref="ArgumentException">The key is not allowed, or the time out of range.</exception>
    public static WatchRule Stalled(TimeSpan after, string? metric = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(after, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(after, TimeSpan.FromDays(24));
        return new WatchRule("stalled", metric, (time, _) => new StalledState(after, time));
    }

    /// <summary>The rule with the goal that it needs.</summary>
    /// <exception cref="ArgumentException">It was given none, and none is known.</exception>
    internal WatchRule Towards(Func<string, MetricGoal?> find) => !NeedsGoal || Goal is not null ? this : this with
    {
        Goal = find(Metric!) ?? throw new ArgumentException(
            $"Rule '{Name}' does not know whether '{Metric}' is better small or large, as its name does not say; say goal: MetricGoal.Minimize or goal: MetricGoal.Maximize."),
    };

    /// <summary>Begins to judge.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="before">The points of its metric that the run had before this handle; null if there are none.</param>
    internal IRuleState Start(TimeProvider time, SeriesSummary? before) => _start(time, Goal is { } goal ? new BestValue(goal, before) : null);
}

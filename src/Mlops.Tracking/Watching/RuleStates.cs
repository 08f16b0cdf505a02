using System.Globalization;
using Mlops.Metadata;

namespace Mlops.Tracking;

internal sealed class NotFiniteState : IRuleState
{
    public string? Observe(long step, double value) => double.IsFinite(value) ? null : $"The value is {RuleText.Of(value)}.";
}

internal sealed class OutOfRangeState(double min, double max, int points) : IRuleState
{
    private int _outside;

    public string? Observe(long step, double value)
    {
        if (double.IsNaN(value))
            return null;
        _outside = value < min || value > max ? _outside + 1 : 0;
        return _outside < points
            ? null
            : $"The value {RuleText.Of(value)} is {(value < min ? $"below {RuleText.Of(min)}" : $"above {RuleText.Of(max)}")}{RuleText.InARow(points)}.";
    }
}

internal sealed class DivergesState(double factor, int points, MetricGoal goal) : IRuleState
{
    private readonly BestValue _best = new(goal);
    private int _worse;

    public string? Observe(long step, double value)
    {
        if (double.IsNaN(value) || _best.TryImprove(step, value, 0) || !_best.IsThere)
            return null;
        _worse = _best.Deficit(value) > (factor - 1) * Math.Abs(_best.Value) ? _worse + 1 : 0;
        return _worse < points
            ? null
            : $"The value {RuleText.Of(value)} is worse than the best, {_best}, by more than the factor {RuleText.Of(factor)}{RuleText.InARow(points)}.";
    }
}

internal sealed class EarlyStoppingState(int patience, double minDelta, MetricGoal goal) : IRuleState
{
    private readonly BestValue _best = new(goal);
    private int _without;

    public string? Observe(long step, double value)
    {
        _without = _best.TryImprove(step, value, minDelta) ? 0 : _without + 1;
        return _without < patience ? null : $"No improvement{(_best.IsThere ? $" on {_best}" : "")} for {patience} {(patience == 1 ? "point" : "points")}.";
    }
}

internal sealed class StalledState(TimeSpan after, TimeProvider time) : IRuleState
{
    private long _last = time.GetTimestamp();

    /// <summary>How long it may still take until the next point.</summary>
    public TimeSpan Left => after - time.GetElapsedTime(Volatile.Read(ref _last));

    public string Reason => $"No point for {after.ToString("g", CultureInfo.InvariantCulture)}.";

    public string? Observe(long step, double value)
    {
        Volatile.Write(ref _last, time.GetTimestamp());
        return null;
    }
}

/// <summary>The best finite value so far, and its step.</summary>
internal sealed class BestValue(MetricGoal goal)
{
    private long _step;

    public double Value { get; private set; } = double.NaN;

    public bool IsThere => !double.IsNaN(Value);

    /// <summary>By how much a value is worse.</summary>
    public double Deficit(double value) => goal == MetricGoal.Minimize ? value - Value : Value - value;

    public bool TryImprove(long step, double value, double minDelta)
    {
        if (!double.IsFinite(value) || (IsThere && !(-Deficit(value) > minDelta)))
            return false;
        (Value, _step) = (value, step);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{RuleText.Of(Value)} at step {_step}");
}

internal static class RuleText
{
    public static string Of(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    public static string InARow(int points) => points == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" for {points} points");
}

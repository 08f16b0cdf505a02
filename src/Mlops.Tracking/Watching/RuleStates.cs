using System.Globalization;
using Mlops.Metadata;
using Mlops.Storage;

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

internal sealed class DivergesState(double factor, int points, BestValue best) : IRuleState
{
    private int _worse;

    public string? Observe(long step, double value)
    {
        if (double.IsNaN(value))
            return null;
        if (best.TryImprove(step, value, 0) || !best.IsThere)
        {
            _worse = 0;
            return null;
        }

        _worse = best.Deficit(value) > best.Room(factor) ? _worse + 1 : 0;
        return _worse < points
            ? null
            : $"The value {RuleText.Of(value)} is worse than the best, {best}, by more than the factor {RuleText.Of(factor)}{RuleText.InARow(points)}.";
    }
}

internal sealed class EarlyStoppingState(int patience, double minDelta, BestValue best) : IRuleState
{
    private int _without;

    public string? Observe(long step, double value)
    {
        _without = best.TryImprove(step, value, minDelta) ? 0 : _without + 1;
        return _without < patience ? null : $"No improvement{(best.IsThere ? $" on {best}" : "")} for {patience} {(patience == 1 ? "point" : "points")}.";
    }
}

internal sealed class StalledState(TimeSpan after, TimeProvider time) : IRuleState
{
    private long _last = time.GetTimestamp();

    /// <summary>How long it may still take until the next point; zero if it has taken too long.</summary>
    public TimeSpan Left => TimeSpan.FromTicks(Math.Max(0, (after - time.GetElapsedTime(Volatile.Read(ref _last))).Ticks));

    public string Reason => $"No point for {after.ToString("g", CultureInfo.InvariantCulture)}.";

    public string? Observe(long step, double value)
    {
        Volatile.Write(ref _last, time.GetTimestamp());
        return null;
    }
}

/// <summary>The best finite value so far, and its step.</summary>
internal sealed class BestValue
{
    private readonly MetricGoal _goal;
    private long _step;

    /// <summary>Begins with the best of earlier points, if there are any.</summary>
    public BestValue(MetricGoal goal, SeriesSummary? before)
    {
        _goal = goal;
        if (before is not null)
            _ = goal == MetricGoal.Minimize ? TryImprove(before.MinStep, before.Min, 0) : TryImprove(before.MaxStep, before.Max, 0);
    }

    public double Value { get; private set; } = double.NaN;

    public bool IsThere => !double.IsNaN(Value);

    /// <summary>By how much a value is worse.</summary>
    public double Deficit(double value) => _goal == MetricGoal.Minimize ? value - Value : Value - value;

    /// <summary>By how much a value may be worse before it is so by a factor; nothing is worse than 0 by a factor.</summary>
    public double Room(double factor) => Value == 0 ? double.PositiveInfinity
        : _goal == MetricGoal.Maximize && Value > 0 ? Value - (Value / factor)
        : (factor - 1) * Math.Abs(Value);

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

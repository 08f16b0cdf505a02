using Microsoft.Extensions.Time.Testing;
using Mlops.Metadata;

namespace Mlops.Tracking.Tests.Watching;

/// <summary>What each rule finds, by its state alone.</summary>
public sealed class WatchRuleTests
{
    private const double Inf = double.PositiveInfinity;
    private const double Nan = double.NaN;

    [Theory]
    [InlineData(new[] { 1.0, -5, 0 }, null)]
    [InlineData(new[] { 1.0, Nan, 0 }, "1: The value is NaN.")]
    [InlineData(new[] { 1.0, 2, -Inf }, "2: The value is -Infinity.")]
    public void NotFinite_values_findsTheFirst(double[] values, string? found) => AssertFinds(WatchRule.NotFinite("loss"), values, found);

    [Theory]
    [InlineData(new[] { 0.0, 1, 0.5 }, null)]
    [InlineData(new[] { 2.0, 0.5, 2, 3 }, "3: The value 3 is above 1 for 2 points.")]
    [InlineData(new[] { 2.0, Nan, -1 }, "2: The value -1 is below 0 for 2 points.")]
    public void OutOfRange_values_findsTheLastOfARow(double[] values, string? found) =>
        AssertFinds(WatchRule.OutOfRange("p", min: 0, max: 1, points: 2), values, found);

    [Theory]
    [InlineData(new[] { 1.0, 0.2, 0.4, 0.3, 0.4 }, null)]
    [InlineData(new[] { 1.0, 0.2, 0.5, 0.3, 0.5, 0.6 }, "5: The value 0.6 is worse than the best, 0.2 at step 1, by more than the factor 2 for 2 points.")]
    [InlineData(new[] { 1.0, 3, 0.5, 1.5 }, null)]
    [InlineData(new[] { 1.0, 0, 0.1, 0.2, 0.3 }, null)]
    [InlineData(new[] { Nan, 1.0, Inf, Nan, Inf }, "4: The value Infinity is worse than the best, 1 at step 1, by more than the factor 2 for 2 points.")]
    [InlineData(new[] { -4.0, -1, 0.5, 1 }, "3: The value 1 is worse than the best, -4 at step 0, by more than the factor 2 for 2 points.")]
    public void Diverges_loss_findsTheLastOfARow(double[] values, string? found) =>
        AssertFinds(WatchRule.Diverges("loss", factor: 2, points: 2), values, found);

    [Theory]
    [InlineData(new[] { 0.1, 0.8, 0.7, 0.5 }, null)]
    [InlineData(new[] { 0.1, 0.8, 0.3 }, "2: The value 0.3 is worse than the best, 0.8 at step 1, by more than the factor 2.")]
    [InlineData(new[] { 0.9, 0.0 }, "1: The value 0 is worse than the best, 0.9 at step 0, by more than the factor 2.")]
    [InlineData(new[] { -4.0, -2, -3.5 }, null)]
    [InlineData(new[] { -4.0, -2, -4.5 }, "2: The value -4.5 is worse than the best, -2 at step 1, by more than the factor 2.")]
    public void Diverges_accuracy_isWorseBelow(double[] values, string? found) =>
        AssertFinds(WatchRule.Diverges("accuracy", points: 1), values, found);

    [Theory]
    [InlineData(new[] { 0.1, 0.2, 0.2, 0.3, 0.1, 0.4 }, null)]
    [InlineData(new[] { 0.1, 0.8, 0.7, 0.8 }, "3: No improvement on 0.8 at step 1 for 2 points.")]
    [InlineData(new[] { Nan, Nan, 1 }, "1: No improvement for 2 points.")]
    public void EarlyStopping_accuracy_findsThePointThatEndsPatience(double[] values, string? found) =>
        AssertFinds(WatchRule.EarlyStopping("val_auc", patience: 2), values, found);

    [Fact]
    public void EarlyStopping_lossByLessThanMinDelta_isNoImprovement()
    {
        double[] values = [1, 0.95, 0.85, 0.8, 0.79];
        AssertFinds(WatchRule.EarlyStopping("val_loss", patience: 2, minDelta: 0.1), values, "4: No improvement on 0.85 at step 2 for 2 points.");
        AssertFinds(WatchRule.EarlyStopping("val_loss", patience: 2, goal: MetricGoal.Maximize), values, "2: No improvement on 1 at step 0 for 2 points.");
    }

    [Fact]
    public void EarlyStopping_costThatFalls_findsNothing()
    {
        AssertFinds(WatchRule.EarlyStopping("val_bce", patience: 2), [0.9, 0.8, 0.7, 0.6], found: null);
        AssertFinds(WatchRule.Diverges("cost", points: 1), [9, 3, 1, 0.1], found: null);
    }

    [Fact]
    public void Rules_outOfRange_areRefused()
    {
        Assert.Throws<ArgumentException>(() => WatchRule.NotFinite(""));
        Assert.Throws<ArgumentException>(() => WatchRule.OutOfRange("m"));
        Assert.Throws<ArgumentException>(() => WatchRule.OutOfRange("m", min: 2, max: 1));
        Assert.Throws<ArgumentException>(() => WatchRule.OutOfRange("m", min: Nan));
        Assert.Throws<ArgumentOutOfRangeException>(() => WatchRule.OutOfRange("m", max: 1, points: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => WatchRule.Diverges("m", factor: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => WatchRule.Diverges("m", factor: Nan));
        Assert.Throws<ArgumentOutOfRangeException>(() => WatchRule.Diverges("m", points: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => WatchRule.EarlyStopping("m", patience: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => WatchRule.EarlyStopping("m", 1, minDelta: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => WatchRule.Stalled(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => WatchRule.Stalled(TimeSpan.FromDays(60)));
        Assert.Throws<ArgumentException>(() => WatchRule.NotFinite("m") with { Name = "" });
        Assert.Equal(250, WatchRule.EarlyStopping(new string('m', 250), 1).Name.Length);
    }

    private static void AssertFinds(WatchRule rule, double[] values, string? found)
    {
        var state = rule.Towards(MetricGoals.Guess).Start(new FakeTimeProvider(), before: null);
        string? first = null;
        for (var i = 0; i < values.Length; i++)
            first ??= state.Observe(i, values[i]) is { } reason ? $"{i}: {reason}" : null;
        Assert.Equal(found, first);
    }
}

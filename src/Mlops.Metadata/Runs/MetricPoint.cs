namespace Mlops.Metadata;

/// <summary>One logged value.</summary>
/// <param name="Step">The step, 0 if none was given.</param>
/// <param name="Time">When, UTC, in microseconds.</param>
/// <param name="Value">The value; NaN and infinities are values.</param>
public readonly record struct MetricPoint(long Step, DateTimeOffset Time, double Value);

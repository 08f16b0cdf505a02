using System.Diagnostics;
using Mlops.Benchmarks.Baselines;
using Mlops.Tracking;

namespace Mlops.Benchmarks;

/// <summary>The loops in which single calls are timed: nothing is in them but the call and a value read from memory.</summary>
internal static class LoggingLoop
{
    /// <summary>Calls between two looks at the clock, and the number of values to pass.</summary>
    public const int Block = 1 << 16;

    public static Result LogFor(TimeSpan duration, ActiveRun run, string key, ReadOnlySpan<double> values)
    {
        var step = 0L;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        TimeSpan elapsed;
        do
        {
            foreach (var value in values)
                run.LogMetric(key, value, step++);
            elapsed = Stopwatch.GetElapsedTime(start);
        }
        while (elapsed < duration);

        return new Result(step, elapsed.TotalNanoseconds / step, GC.GetAllocatedBytesForCurrentThread() - allocated);
    }

    public static double AppendFor(TimeSpan duration, string path, ReadOnlySpan<double> values)
    {
        using var log = new MappedLog(path);
        var step = 0L;
        var start = Stopwatch.GetTimestamp();
        TimeSpan elapsed;
        do
        {
            foreach (var value in values)
                log.Append(1, step++, value);
            elapsed = Stopwatch.GetElapsedTime(start);
        }
        while (elapsed < duration);

        return elapsed.TotalNanoseconds / step;
    }

    internal readonly record struct Result(long Calls, double NanosecondsPerCall, long AllocatedBytes);
}

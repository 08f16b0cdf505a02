using System.Diagnostics;

namespace Mlops.Benchmarks.Figures;

/// <summary>The slowest calls, while another process keeps the disk busy with writing and flushing.</summary>
internal sealed class LogMetricTail : Figure
{
    private const int Calls = 20_000_000;
    private const int BucketNanoseconds = 100;
    private readonly LossCurve _loss = new(LoggingLoop.Block);

    public override string Name => "log-metric-tail";

    public override string Unit => "us";

    public override string BaselineName => "none";

    public override Bound Bound => Bound.AtMost(1000);

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        await using var session = await LoggingSession.StartAsync(workspace.NewPath("store"));
        session.Run.LogMetric("loss", 0);
        using var writer = Process.Start("bash", ["-c", $"while true; do dd if=/dev/zero of='{workspace.NewPath("other")}' bs=1M count=64 conv=fsync status=none; done"]);
        var counts = new long[1_000_000];
        var longest = 0L;
        try
        {
            var values = _loss.Values.ToArray();
            for (var i = 0; i < Calls; i++)
            {
                var start = Stopwatch.GetTimestamp();
                session.Run.LogMetric("loss", values[i % values.Length], i);
                var elapsed = (Stopwatch.GetTimestamp() - start) * (1_000_000_000 / Stopwatch.Frequency);
                counts[Math.Min(elapsed / BucketNanoseconds, counts.Length - 1)]++;
                longest = Math.Max(longest, elapsed);
            }
        }
        finally
        {
            writer.Kill(entireProcessTree: true);
            await writer.WaitForExitAsync();
        }

        MustBeZero("points lost", await session.CompleteAsync(Calls + 1));
        Note($"median {Percentile(counts, 0.5):0.0} us, longest {longest / 1000.0:0} us");
        return Percentile(counts, 0.9999);
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace) => Task.FromResult<double?>(null);

    /// <summary>In microseconds, the upper edge of the bucket.</summary>
    private static double Percentile(long[] counts, double part)
    {
        var rest = (long)(Calls * part);
        var bucket = 0;
        while (rest > counts[bucket])
            rest -= counts[bucket++];
        return (bucket + 1) * BucketNanoseconds / 1000.0;
    }
}

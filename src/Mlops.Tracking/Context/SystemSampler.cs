using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Logs what the process uses to every run that this client owns, each 10 seconds, once the run is 10 seconds old; the step is the
/// seconds since its start. A short run has no such points.
/// </summary>
internal sealed class SystemSampler : IDisposable
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    // later looks are compared with it; a process that lives shorter need not look at all
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(1);

    private readonly Func<IEnumerable<ActiveRun>> _listRuns;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _proc;
    private readonly Func<GpuDriver?> _gpu;
    private readonly ITimer _timer;
    private ProcessUsage _last;
    private long _lastTime;
    private bool _hasFailed;
    private int _isBusy;

    /// <param name="listRuns">The runs to log to.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told once if it fails.</param>
    /// <param name="proc">Where Linux tells what a process uses.</param>
    /// <param name="gpu">Gives the driver of the GPUs, if there is one; by default that which somebody found already.</param>
    public SystemSampler(
        Func<IEnumerable<ActiveRun>> listRuns, TimeProvider time, ILogger logger, string proc = "/proc", Func<GpuDriver?>? gpu = null)
    {
        _listRuns = listRuns;
        _time = time;
        _logger = logger;
        _proc = proc;
        _gpu = gpu ?? (() => GpuDriver.Known);

        _timer = time.CreateTimer(_ => Tick(), null, FirstLook, Interval);
    }

    /// <summary>
    /// Looks no more. A look that is under way is not waited for, as a driver may hold it for ever; when it comes back it finds the runs
    /// closed, or else their journal.
    /// </summary>
    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        // a driver that hangs costs the rest of the metrics, not one thread more each time
        if (Interlocked.Exchange(ref _isBusy, 1) != 0)
            return;
        try
        {
            Sample();
        }
        catch (Exception e)
        {
            if (!_hasFailed)
                TrackingLog.SamplingFailed(_logger, e);
            _hasFailed = true;
        }
        finally
        {
            Volatile.Write(ref _isBusy, 0);
        }
    }

    private void Sample()
    {
        var timestamp = _time.GetTimestamp();
        var usage = ProcessUsage.Read(_proc);
        var seconds = _time.GetElapsedTime(_lastTime, timestamp).TotalSeconds;
        var (before, isFirst) = (_last, _lastTime == 0);
        (_last, _lastTime) = (usage, timestamp);
        if (isFirst || seconds <= 0)
            return;
        var now = _time.GetUtcNow();
        List<(string Key, double Value)>? values = null;
        foreach (var run in _listRuns())
        {
            if (run.IsOwnedAndOpen && now - run.Opened >= Interval)
                run.LogSystem(values ??= Values(usage, before, seconds), (long)(now - run.Started).TotalSeconds, Microseconds.From(now));
        }
    }

    private List<(string Key, double Value)> Values(ProcessUsage usage, ProcessUsage before, double seconds)
    {
        List<(string, double)> values =
        [
            ("system/cpu_percent", (usage.Processor - before.Processor).TotalSeconds / seconds * 100),
            ("system/memory_bytes", usage.Memory),
            ("system/gc_heap_bytes", GC.GetTotalMemory(forceFullCollection: false)),
            ("system/gc_pause_percent", (usage.Pauses - before.Pauses).TotalSeconds / seconds * 100),
            ("system/pool_threads", ThreadPool.ThreadCount),
            ("system/pool_queue", ThreadPool.PendingWorkItemCount),
            ("system/disk_read_bytes_per_second", (usage.DiskRead - before.DiskRead) / seconds),
            ("system/disk_written_bytes_per_second", (usage.DiskWritten - before.DiskWritten) / seconds),
            ("system/network_received_bytes_per_second", NetworkRate(usage.Received - before.Received, seconds)),
            ("system/network_sent_bytes_per_second", NetworkRate(usage.Sent - before.Sent, seconds)),
        ];

        // what cannot be read has no points; BuiltInContext notes it on the run
        values.RemoveAll(v => double.IsNaN(v.Item2));
        var driver = _gpu();
        for (var i = 0; i < driver?.Devices.Count; i++)
        {
            var (percent, memory) = driver.ReadUsage(i);
            values.Add((FormattableString.Invariant($"system/gpu{i}_percent"), percent));
            values.Add((FormattableString.Invariant($"system/gpu{i}_memory_bytes"), memory));
        }

        return values;
    }

    // an interface that goes away takes its count along
    private static double NetworkRate(double bytes, double seconds) => bytes < 0 ? double.NaN : bytes / seconds;
}

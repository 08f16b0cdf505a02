using System.Diagnostics;

namespace Mlops.Benchmarks.Content;

/// <summary>By how much the memory of this process, native and managed, grows at most from now on.</summary>
internal sealed class IdleMemory : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;
    private readonly long _idle;
    private long _peak;

    public IdleMemory()
    {
        GC.Collect();
        _peak = _idle = Resident();
        _watching = Task.Factory.StartNew(
            () =>
            {
                while (!_stop.Token.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(2)))
                    Volatile.Write(ref _peak, Math.Max(_peak, Resident()));
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    public long GrownBytes => Volatile.Read(ref _peak) - _idle;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}

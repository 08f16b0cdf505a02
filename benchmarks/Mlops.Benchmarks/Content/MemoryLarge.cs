using System.Diagnostics;

namespace Mlops.Benchmarks.Content;

/// <summary>The most memory, native and managed, that the process takes over idle while 1 GiB is put.</summary>
internal sealed class MemoryLarge : Figure
{
    private const double Mebibyte = 1024 * 1024;
    private string _source = "";

    public override string Name => "memory-1gib";

    public override string Unit => "MiB";

    public override string BaselineName => "none";

    public override Bound Bound => Bound.AtMost(150_000_000 / Mebibyte);

    public override int Rounds => 1;

    public override int WarmUps => 0;

    public override Task PrepareAsync(Workspace workspace) => ContentRig.FillAsync(_source = workspace.NewPath("source"));

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var folder = workspace.NewPath("store");
        await using var store = ContentRig.Open(folder, out var content);
        GC.Collect();
        var idle = Resident();
        var peak = idle;
        using var stop = new CancellationTokenSource();
        var watching = Task.Factory.StartNew(
            () =>
            {
                while (!stop.Token.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(2)))
                    peak = Math.Max(peak, Resident());
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await content.PutFileAsync(_source);
        await stop.CancelAsync();
        await watching;
        Workspace.Delete(folder);
        return (peak - idle) / Mebibyte;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace) => Task.FromResult<double?>(null);

    private static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}

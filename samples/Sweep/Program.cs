using Mlops.Sdk;
using Sweep;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    // the first Ctrl+C ends the runs in an orderly way, a second one ends the process
    e.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
};

try
{
    await using var mlops = await MlopsClient.OpenAsync(cancellationToken: stop.Token);
    Console.WriteLine($"Recording in {mlops.Location}");
    await new TreeSweep(mlops).RunAsync(stop.Token);
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Stopped. The configurations that were done are kept; the sweep is marked as killed.");
    return 130;
}

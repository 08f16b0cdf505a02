using FlightDelays;
using Mlops.Sdk;
using Spectre.Console;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    // the first Ctrl+C ends the run in an orderly way, a second one ends the process
    e.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
};

try
{
    await using var mlops = await MlopsClient.OpenAsync(cancellationToken: stop.Token);
    Console.WriteLine($"Recording in {mlops.Location}");

    var training = new Training(mlops);
    foreach (var settings in TreeSettings.All)
        await TrainingProgress.ShowAsync(settings, () => training.TrainAsync(settings, stop.Token));

    await RunTable.PrintAsync(mlops, stop.Token);
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Stopped. What was logged until now is kept; the run is marked as killed.");
    return 130;
}

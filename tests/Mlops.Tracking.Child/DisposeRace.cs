using Mlops.Sdk;

namespace Mlops.Tracking.Child;

/// <summary>Threads that log while the client is disposed: they may be refused, but the process must live.</summary>
public static class DisposeRace
{
    /// <summary>One round.</summary>
    public static async Task RunAsync(string store)
    {
        var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = store });
        var run = await mlops.StartRunAsync("race");
        using var started = new CountdownEvent(3);
        var threads = Enumerable.Range(0, 3).Select(t => new Thread(() =>
        {
            started.Signal();
            try
            {
                for (var i = 0; ; i++)
                    run.LogMetric("m", i, i);
            }
            catch (InvalidOperationException)
            {
                // the run has ended
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        started.Wait();
        await mlops.DisposeAsync();
        threads.ForEach(t => t.Join());
    }
}

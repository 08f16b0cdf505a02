using System.Diagnostics;
using System.Globalization;
using Mlops.Sdk;

namespace Mlops.Tracking.Child;

/// <summary>
/// Logs as a training does, from three threads into two runs, with parameters, tags and short runs beside it, until the parent
/// kills it; counts in the <see cref="Witness"/> what has returned.
/// </summary>
public static class Crash
{
    /// <summary>Threads that log points.</summary>
    public const int Threads = 3;

    /// <summary>Long runs that each of them logs to.</summary>
    public const int Runs = 2;

    /// <summary>The counter of parameters of the first run.</summary>
    public const int Params = 10;

    /// <summary>The counter of tags of the second run.</summary>
    public const int Tags = 11;

    /// <summary>The counter of short runs whose completion was reported durable.</summary>
    public const int Completed = 12;

    /// <summary>
    /// How often a call took about as long as a logging call waits for the disk. Then the journal may have gone on in memory,
    /// which a crash loses; it must say so.
    /// </summary>
    public const int Slow = 13;

    private static readonly TimeSpan SlowCall = TimeSpan.FromMilliseconds(80);

    /// <summary>The counter of points of a thread in a run.</summary>
    public static int Points(int thread, int run) => 20 + (thread * Runs) + run;

    /// <summary>The experiment of one process of this kind.</summary>
    public static string Experiment(int seed) => "crash-" + seed.ToString(CultureInfo.InvariantCulture);

    /// <summary>Logs without end.</summary>
    public static async Task LogUntilKilledAsync(string store, string witnessPath, int seed)
    {
        using var witness = new Witness(witnessPath);
        await using var mlops = await MlopsClient.OpenAsync(new MlopsOptions
        {
            Path = store,
            DrainInterval = TimeSpan.FromMilliseconds(10 + (seed % 60)),
        });
        var experiment = Experiment(seed);
        ActiveRun[] runs =
        [
            await mlops.StartRunAsync(experiment, new RunOptions { Name = "long-0" }),
            await mlops.StartRunAsync(experiment, new RunOptions { Name = "long-1" }),
        ];
        for (var t = 0; t < Threads; t++)
        {
            var thread = t;
            new Thread(() => LogPoints(runs, witness, thread, seed)) { IsBackground = true }.Start();
        }

        var said = false;
        for (var i = 0L; ; i++)
        {
            var started = Stopwatch.GetTimestamp();
            runs[0].LogParam(string.Create(CultureInfo.InvariantCulture, $"p{i}"), i);
            witness[Params] = i + 1;
            runs[1].SetTag("last", i.ToString(CultureInfo.InvariantCulture));
            NoteIfSlow(witness, started);
            witness[Tags] = i + 1;
            await using (var brief = await mlops.StartRunAsync(experiment, new RunOptions { Name = string.Create(CultureInfo.InvariantCulture, $"brief-{i}") }))
            {
                brief.LogParam("i", i).LogMetric("m", i, i);
                if ((await brief.CompleteAsync()).IsDurable)
                    witness[Completed] = i + 1;
            }

            if (!said && Enumerable.Range(0, Threads).All(t => witness[Points(t, 0)] > 0))
            {
                Console.WriteLine("logging");
                said = true;
            }
        }
    }

    private static void NoteIfSlow(Witness witness, long started)
    {
        if (Stopwatch.GetElapsedTime(started) > SlowCall)
            witness[Slow] = 1;
    }

    private static void LogPoints(ActiveRun[] runs, Witness witness, int thread, int seed)
    {
        var random = new Random((seed * 10) + thread);
        var metric = string.Create(CultureInfo.InvariantCulture, $"m{thread}");
        var next = new long[Runs];

        // some rounds at full speed, so that segments are recycled; others slower, so that kills meet other states
        var pause = seed % 4 == 0 ? 0 : random.Next(10, 400);
        while (true)
        {
            var run = random.Next(Runs);
            for (var burst = random.Next(1, 500); burst > 0; burst--)
            {
                var i = next[run]++;
                var started = Stopwatch.GetTimestamp();
                runs[run].LogMetric(metric, i, i);
                NoteIfSlow(witness, started);
                witness[Points(thread, run)] = i + 1;
                if (pause > 0)
                    Thread.SpinWait(pause);
            }
        }
    }
}

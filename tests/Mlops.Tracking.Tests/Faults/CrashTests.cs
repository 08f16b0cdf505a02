using System.Globalization;
using System.Text.RegularExpressions;
using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking.Child;
using Xunit.Abstractions;

namespace Mlops.Tracking.Tests.Faults;

/// <summary>
/// Kills a logging process at random instants. MLOPS_CRASH_ROUNDS says how often (25 if unset), MLOPS_CRASH_SEED repeats a
/// sequence of rounds; the instants themselves depend on the machine.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private const int RoundsPerStore = 4;

    [Fact]
    public async Task Open_processKilledAtAnyInstant_hasEveryCountedPointOnceAndInOrder()
    {
        var rounds = Variable("MLOPS_CRASH_ROUNDS", 25);
        var seed = Variable("MLOPS_CRASH_SEED", Environment.TickCount & 0xFFFFFF);
        output.WriteLine($"seed {seed}, {rounds} rounds");
        var random = new Random(seed);
        long points = 0;
        long holes = 0;
        var slow = 0;
        long missing = 0;
        for (var first = 0; first < rounds; first += RoundsPerStore)
        {
            using var folder = new TemporaryFolder();
            for (var round = first; round < Math.Min(first + RoundsPerStore, rounds); round++)
            {
                try
                {
                    var result = await RoundAsync(folder, random);
                    points += result.Points;
                    holes += result.Holes;
                    slow += result.WasSlow ? 1 : 0;
                    missing += result.Missing;
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"Round {round} of MLOPS_CRASH_SEED={seed}: {e.Message}", e);
                }
            }
        }

        output.WriteLine($"{points} points, {holes} holes, {slow} rounds in which the disk kept a call waiting, {missing} points told lost there");
        Assert.True(points >= rounds, "The children logged too little to show anything.");
    }

    private static int Variable(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private static async Task<(long Points, long Holes, bool WasSlow, long Missing)> RoundAsync(TemporaryFolder folder, Random random)
    {
        var store = folder["store"];
        var seed = random.Next(1 << 20);
        var witnessPath = folder[$"witness-{seed}"];
        using var witness = new Witness(witnessPath);
        using (var child = ChildProcess.Start("crash", store, witnessPath, seed.ToString(CultureInfo.InvariantCulture)))
        {
            Assert.Equal("logging", await child.ReadLineAsync());
            await Task.Delay(random.Next(5, 400));
            Assert.True(child.Kill(), "The child ended by itself.");
        }

        // now and then the recovery is killed too
        if (random.Next(4) == 0)
        {
            using var recoverer = ChildProcess.Start("recover", store);
            Assert.Equal("opening", await recoverer.ReadLineAsync());
            await Task.Delay(random.Next(200));
            recoverer.Kill();
        }

        return await CheckAsync(store, witness, seed);
    }

    private static async Task<(long Points, long Holes, bool WasSlow, long Missing)> CheckAsync(string path, Witness witness, int seed)
    {
        await using var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = path });
        var wasSlow = witness[Crash.Slow] > 0;
        long holes = 0;
        foreach (var recovery in await mlops.RecoverAsync())
        {
            Assert.Equal((0L, 0L), (wasSlow ? 0 : recovery.DamagedSlots, recovery.DamagedSegments));
            Assert.Equal(0, recovery.Rejected);
            holes += recovery.Holes;
        }

        Assert.Empty((await mlops.VerifyAsync()).Problems);
        var page = await mlops.Runs.QueryAsync(new RunQuery { Experiment = Crash.Experiment(seed), Limit = 10_000 });
        Assert.All(page.Runs, r => Assert.Equal(0L, r.DroppedPoints));
        var runs = page.Runs.ToDictionary(r => r.Name);

        // where the disk kept a call waiting too long, points may have stood in memory only: what is missing then must be told
        var isTold = wasSlow && runs["long-0"].JournalDamage is not null;
        Assert.All(page.Runs.Where(_ => !isTold), r => Assert.Null(r.JournalDamage));

        await using var store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = System.IO.Path.Combine(path, "mlops.db") });
        long total = 0;
        long missing = 0;
        for (var run = 0; run < Crash.Runs; run++)
        {
            for (var thread = 0; thread < Crash.Threads; thread++)
            {
                var stored = await CountInOrderAsync(store, runs[$"long-{run}"].Id, $"m{thread}", mayLack: isTold);
                var counted = witness[Crash.Points(thread, run)];
                Assert.True(
                    (stored >= counted || isTold) && stored <= counted + 1,
                    $"Thread {thread} counted {counted} points in run {run}, and {stored} are in the store.");
                total += stored;
                missing += Math.Max(0, counted - stored);
            }
        }

        if (isTold)
        {
            var told = Regex.Match(runs["long-0"].JournalDamage!, ": (ended in memory, .*; )?([0-9]+) slots and 0 segments unreadable$");
            Assert.True(told.Success);
            if (!told.Groups[1].Success)
                Assert.InRange(missing, 0, long.Parse(told.Groups[2].Value, CultureInfo.InvariantCulture));
            return (total, holes, wasSlow, missing);
        }

        AssertCounted(witness[Crash.Params], runs["long-0"].Params.Count, "parameters");
        for (var i = 0; i < witness[Crash.Params]; i++)
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture), runs["long-0"].Params[$"p{i}"]);
        if (witness[Crash.Tags] > 0)
            AssertCounted(witness[Crash.Tags], long.Parse(runs["long-1"].Tags["last"], CultureInfo.InvariantCulture) + 1, "tags");
        for (var i = 0; i < witness[Crash.Completed]; i++)
        {
            var brief = runs[$"brief-{i}"];
            Assert.Equal(RunStatus.Finished, brief.Status);
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture), brief.Params["i"]);
            Assert.Equal(1, brief.Metrics["m"].Count);
        }

        return (total, holes, wasSlow, missing);
    }

    private static void AssertCounted(long counted, long stored, string what) =>
        Assert.True(stored >= counted && stored <= counted + 1, $"{counted} {what} were counted, and {stored} are in the store.");

    private static async Task<long> CountInOrderAsync(SqliteMetadataStore store, RunId run, string metric, bool mayLack)
    {
        long next = 0;
        long count = 0;
        await foreach (var columns in store.ReadSeriesAsync(run.Value, RunRecord.MetricSeries(metric), SeriesRange.All))
        {
            var (steps, values) = (columns.Steps, columns.Numbers);
            for (var i = 0; i < columns.Count; i++, next++, count++)
            {
                if (mayLack && steps.Span[i] > next)
                    next = steps.Span[i];
                if (steps.Span[i] != next || values.Span[i] != next)
                    Assert.Fail($"Point {next} of {metric} is step {steps.Span[i]}, value {values.Span[i]}.");
            }
        }

        return count;
    }
}

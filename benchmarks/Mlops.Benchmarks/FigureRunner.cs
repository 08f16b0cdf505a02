using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Mlops.Benchmarks.Content;
using Mlops.Benchmarks.Figures;

namespace Mlops.Benchmarks;

/// <summary>Measures figures and prints one line for each; what is indented belongs to the line above it.</summary>
internal static partial class FigureRunner
{
    private static IReadOnlyList<Func<Figure>> All { get; } =
    [
        () => new LogMetricCall(),
        () => new LogMetricCallTwoThreads(),
        () => new Ingest(),
        () => new PostgreSqlIngest(),
        () => new BytesPerPoint(),
        () => new ReadCurve(),
        () => new OpenToFirstPoint(),
        () => new ManyRuns(),
        () => new LogParams(),
        () => new LogImage(),
        () => new IdleCost(),
        () => new IdleCostFull(),
        () => new ContextCapture(),
        () => new LoggerLines(),
        () => new LogMetricOutage(),
        () => new LogMetricTail(),
        () => new Team(),
        () => new CopyStore(),
        () => new Backup(),
        Figures.Search.OnePercent,
        Figures.Search.Half,
        Figures.Search.OrAndLike,
        Figures.Search.Hydrated,
        () => new DeepPage(),
        () => new PostgreSqlSearch(),
        () => new Report(),
        MicrosoftMLOverhead.WithoutCurve,
        MicrosoftMLOverhead.WithCurve,
        () => new ImportMlflow(),
        () => new PutLarge(),
        () => new ReadVerified(),
        () => new OneRowEdit(),
        () => new SmallObjects(),
        () => new GarbageSweep(),
        () => new MemoryLarge(),
        .. BlobTransfer.All,
    ];

    public static int Usage()
    {
        Console.WriteLine("figures [name…]   measure the promised figures, or those named");
        Console.WriteLine("list              name them");
        Console.WriteLine("--filter '*'      run the micro benchmarks, with the options of BenchmarkDotNet");
        return 0;
    }

    public static int List()
    {
        foreach (var figure in All.Select(create => create()))
            Console.WriteLine($"{figure.Name} ({figure.Unit}, bound {figure.Bound} of {figure.BaselineName})");
        return 0;
    }

    /// <summary>Measures these figures, or all. Returns 0 if all could be measured, whether or not their bound holds.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> names)
    {
        var figures = All.Select(create => create()).ToList();
        var unknown = names.Except(figures.Select(figure => figure.Name)).ToList();
        if (unknown.Count > 0)
        {
            Console.Error.WriteLine($"No figure is named {string.Join(", ", unknown)}; 'list' names them.");
            return 2;
        }

        PrintMachine();
        var failed = 0;
        foreach (var figure in figures.Where(figure => names.Count == 0 || names.Contains(figure.Name)))
        {
            using var workspace = new Workspace();
            try
            {
                await using (figure)
                    await RunAsync(figure, workspace);
            }
#pragma warning disable CA1031 // one figure that cannot be measured must not hide the others
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failed++;
                Console.WriteLine($"figure {figure.Name} could not be measured");
                Console.WriteLine("  " + exception.ToString().ReplaceLineEndings(Environment.NewLine + "  "));
            }
        }

        return failed == 0 ? 0 : 1;
    }

    private static async Task RunAsync(Figure figure, Workspace workspace)
    {
        var clock = Stopwatch.StartNew();
        await figure.PrepareAsync(workspace);
        if (figure.Missing is { } reason)
        {
            Console.WriteLine($"figure {figure.Name} not measured: {reason}");
            return;
        }

        for (var i = 0; i < figure.WarmUps; i++)
        {
            await figure.MeasureOursAsync(workspace);
            if (figure.BaselineRounds == figure.Rounds)
                await figure.MeasureBaselineAsync(workspace);
        }

        List<double> ours = [];
        List<double> baseline = [];
        for (var round = 0; round < figure.Rounds; round++)
        {
            Settle();
            ours.Add(await figure.MeasureOursAsync(workspace));
            if (round >= figure.BaselineRounds)
                continue;
            Settle();
            if (await figure.MeasureBaselineAsync(workspace) is { } value)
                baseline.Add(value);
        }

        Print(figure, ours, baseline, clock.Elapsed);
    }

    private static void Print(Figure figure, List<double> ours, List<double> baseline, TimeSpan elapsed)
    {
        var value = Median(ours);
        var ratio = baseline.Count > 0 ? value / Median(baseline) : value;
        var holds = figure.Bound.Holds(ratio) && figure.AlsoHolds;
        Console.WriteLine(
            $"figure {figure.Name} {Format(value)} {figure.Unit}"
            + $" | baseline {figure.BaselineName} {(baseline.Count > 0 ? Format(Median(baseline)) : "-")}"
            + $" | ratio {(baseline.Count > 0 ? Format(ratio) : "-")}"
            + $" | bound {figure.Bound} | {(holds ? "holds" : "short")}");
        Console.WriteLine(
            $"  ours {string.Join(" ", ours.Select(Format))}; baseline {string.Join(" ", baseline.Select(Format))};"
            + $" took {Format(elapsed.TotalSeconds)} s");
        foreach (var note in figure.Notes.Distinct())
            Console.WriteLine($"  {note}");
    }

    // what one side leaves behind, as garbage or as pages to write back, is not charged to the other
    private static void Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        if (!OperatingSystem.IsWindows())
            Sync();
    }

    [LibraryImport("libc", EntryPoint = "sync")]
    private static partial void Sync();

    internal static double Median(List<double> values)
    {
        var sorted = values.Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static string Format(double value) =>
        value.ToString(Math.Abs(value) switch { >= 1000 => "F0", >= 10 => "F1", _ => "0.####" }, CultureInfo.InvariantCulture);

    private static void PrintMachine()
    {
        var processor = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[^1]
            : RuntimeInformation.ProcessArchitecture.ToString();
        Console.WriteLine(
            $"machine {Environment.ProcessorCount} cores, {processor}, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription},"
            + $" temporary files in {Path.GetTempPath()}");
#if DEBUG
        Console.WriteLine("  this is a Debug build; its figures mean nothing, use -c Release");
#endif
    }
}

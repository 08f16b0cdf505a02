using System.Globalization;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Benchmarks.Search;

/// <summary>
/// The runs that the search figures look for: <c>rmse</c> uniform in [0,1), <c>model</c> one of ten, a <c>needle</c> in one
/// note of a thousand; the other columns are there to be carried.
/// </summary>
internal static class SearchData
{
    public const int Runs = 100_000;
    public const string Experiment = "search";
    private const int Together = 500;
    private static readonly DateTimeOffset FirstStart = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static IReadOnlyList<string> Metrics { get; } = ["rmse", .. Enumerable.Range(1, 19).Select(i => $"metric_{i:D2}")];

    public static IReadOnlyList<string> Params { get; } = ["model", "note", .. Enumerable.Range(2, 18).Select(i => $"param_{i:D2}")];

    /// <summary>The same runs at each call, oldest first.</summary>
    public static IEnumerable<SearchRun> Generate()
    {
        var random = new Random(20260301);
        var ids = new IdGenerator(TimeProvider.System, new Random(20260302));
        for (var i = 0; i < Runs; i++)
        {
            var metrics = new double[Metrics.Count];
            for (var m = 0; m < metrics.Length; m++)
                metrics[m] = random.NextDouble();
            var values = new string[Params.Count];
            values[0] = ((char)('a' + random.Next(10))).ToString();
            values[1] = random.Next(1000) == 0 ? $"has the needle {i}" : $"nothing to see {i}";
            for (var p = 2; p < values.Length; p++)
                values[p] = random.Next(1000).ToString(CultureInfo.InvariantCulture);
            yield return new SearchRun(new RunId(ids.Next()), FirstStart.AddSeconds(i), metrics, values);
        }
    }

    /// <summary>Writes the runs as tracking would.</summary>
    public static async Task StoreAsync(IMetadataStore store, IEnumerable<SearchRun> runs)
    {
        var ids = new IdGenerator(TimeProvider.System, new Random(20260303));
        var owner = ids.Next();
        var experiment = ExperimentRecord.Ensured(new ExperimentId(ids.Next()), Experiment);
        foreach (var some in runs.Chunk(Together))
        {
            await store.CommitAsync(new Batch
            {
                Actor = "figures",
                ClientTime = FirstStart,
                Changes = [experiment, .. some.SelectMany(run => Changes(run, owner))],
                Appends = [.. some.SelectMany(Appends)],
            });
        }
    }

    private static IEnumerable<RecordChange> Changes(SearchRun run, RecordId owner)
    {
        var started = RunRecord.Started(run.Id, Experiment, $"run {run.Id}", run.Start, owner, parent: null);
        var values = run.Params.Select((value, p) =>
            RunRecord.Param(Params[p], value, double.TryParse(value, CultureInfo.InvariantCulture, out var number) ? number : null));
        yield return started with { Fields = [.. started.Fields, .. values] };
        yield return RunRecord.Ended(run.Id, new RunEnd(RunStatus.Finished, run.Start.AddMinutes(1)));
    }

    private static IEnumerable<SeriesAppend> Appends(SearchRun run) => run.Metrics.Select((value, m) => new SeriesAppend(
        run.Id.Value,
        RunRecord.MetricSeries(Metrics[m]),
        SeriesColumns.OfNumbers(new long[] { 0 }, new[] { Microseconds.From(run.Start) }, new[] { value })));
}

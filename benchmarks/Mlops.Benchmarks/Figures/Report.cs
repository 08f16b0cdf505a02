using System.Diagnostics;
using System.Globalization;
using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Benchmarks.Figures;

/// <summary>The HTML comparison of 20 runs with ten curves of a million points each, against decoding those points.</summary>
internal sealed class Report : Figure
{
    private const int Points = 1_000_000;
    private const int Curves = 10;
    private const int Runs = 20;
    private readonly IdGenerator _ids = new(null, new Random(4));
    private readonly List<RunId> _runs = [];
    private SqliteMetadataStore? _store;
    private RunCatalog? _catalog;

    public override string Name => "report";

    public override string Unit => "s";

    public override string BaselineName => "decode-all";

    public override Bound Bound => Bound.AtMost(0.2);

    public override async Task PrepareAsync(Workspace workspace)
    {
        _store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = workspace.NewPath("report.db") });
        _catalog = new RunCatalog(new MetadataContext(_store, new ContentStore(new FolderObjectStore(workspace.NewPath("objects"))), "figures", TimeProvider.System));
        await CommitAsync([ExperimentRecord.Ensured(new ExperimentId(_ids.Next()), "figures")], []);
        var (steps, times, values) = Columns();
        for (var run = 0; run < Runs; run++)
        {
            var id = new RunId(_ids.Next());
            _runs.Add(id);
            var name = string.Create(CultureInfo.InvariantCulture, $"run-{run}");
            var rate = (run + 1) / 1000.0;
            await CommitAsync(
                [
                    RunRecord.Started(id, "figures", name, DateTimeOffset.UnixEpoch, _ids.Next(), null),
                    RunRecord.Logged(id, [RunRecord.Param("rate", rate.ToString(CultureInfo.InvariantCulture), rate)]),
                ],
                []);
            foreach (var curve in Enumerable.Range(0, Curves))
            {
                // no two runs have the same curve, so that nothing is gained from the pages of another
                var own = values.Select(v => v * (1 + (0.01 * run))).ToArray();
                await CommitAsync([], [new SeriesAppend(id.Value, RunRecord.MetricSeries(Key(curve)), SeriesColumns.OfNumbers(steps, times, own))]);
            }
        }
    }

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var path = workspace.NewPath("report.html");
        var start = Stopwatch.GetTimestamp();
        await _catalog!.WriteReportAsync(_runs, path);
        var elapsed = Stopwatch.GetElapsedTime(start);

        Note($"{Runs} runs, {Curves} curves of {Points} points each; {new FileInfo(path).Length / 1e6:0.0} MB of HTML");
        return elapsed.TotalSeconds;
    }

    public override async Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        var start = Stopwatch.GetTimestamp();
        var count = 0L;
        foreach (var run in _runs)
        {
            foreach (var curve in Enumerable.Range(0, Curves))
            {
                await foreach (var columns in _store!.ReadSeriesAsync(run.Value, RunRecord.MetricSeries(Key(curve)), SeriesRange.All))
                    count += columns.Count;
            }
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        MustBeZero("points lost", ((long)Points * Curves * Runs) - count);
        return elapsed.TotalSeconds;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_store is not null)
            await _store.DisposeAsync();
        await base.DisposeAsync();
    }

    private static string Key(int curve) => string.Create(CultureInfo.InvariantCulture, $"metric_{curve}");

    private static (long[] Steps, long[] Times, double[] Values) Columns()
    {
        var loss = new LossCurve(Points);
        var (steps, times) = (new long[Points], new long[Points]);
        loss.ForEach((step, time, _) => (steps[step], times[step]) = (step, Microseconds.From(time)));
        return (steps, times, loss.Values.ToArray());
    }

    private Task<BatchResult> CommitAsync(IReadOnlyList<RecordChange> changes, IReadOnlyList<SeriesAppend> appends) =>
        _store!.CommitAsync(new Batch { Actor = "figures", ClientTime = DateTimeOffset.UnixEpoch, Changes = changes, Appends = appends });
}

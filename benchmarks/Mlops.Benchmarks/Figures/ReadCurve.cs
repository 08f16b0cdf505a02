using System.Diagnostics;
using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Benchmarks.Figures;

/// <summary>A curve of ten million points for a chart 2,000 wide, against decoding every point of it.</summary>
internal sealed class ReadCurve : Figure
{
    private const int Points = 10_000_000;
    private const int Buckets = 2000;
    private const string Key = "loss";
    private SqliteMetadataStore? _store;
    private RecordId _run;

    public override string Name => "read-curve";

    public override string Unit => "ms";

    public override string BaselineName => "decode-all";

    public override Bound Bound => Bound.AtMost(0.05);

    public override int Rounds => 9;

    // until the compiler has settled on its last version, which takes it some dozens of calls
    public override int WarmUps => 40;

    public override async Task PrepareAsync(Workspace workspace)
    {
        var path = workspace.NewPath("store");
        var loss = new LossCurve(Points);
        await using (var session = await LoggingSession.StartAsync(path))
        {
            loss.ForEach((step, time, value) => session.Run.LogMetric(Key, value, step, time));
            _run = session.Run.Id.Value;
            MustBeZero("points lost", await session.CompleteAsync(Points));
        }

        var file = Directory.GetFiles(path, "*.db").Single();
        _store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = file });
    }

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var start = Stopwatch.GetTimestamp();
        var buckets = await _store!.DownsampleSeriesAsync(_run, RunRecord.MetricSeries(Key), SeriesRange.All, Buckets);
        var elapsed = Stopwatch.GetElapsedTime(start);

        var count = buckets.Sum(bucket => bucket.Count);
        if (count != Points)
            throw new InvalidOperationException($"The buckets hold {count} of {Points} points.");
        Note($"{buckets.Count} buckets");
        return elapsed.TotalMilliseconds;
    }

    public override async Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        var start = Stopwatch.GetTimestamp();
        var count = 0L;
        await foreach (var columns in _store!.ReadSeriesAsync(_run, RunRecord.MetricSeries(Key), SeriesRange.All))
            count += columns.Count;
        var elapsed = Stopwatch.GetElapsedTime(start);

        return count == Points
            ? elapsed.TotalMilliseconds
            : throw new InvalidOperationException($"{count} of {Points} points were read.");
    }

    public override async ValueTask DisposeAsync()
    {
        if (_store is not null)
            await _store.DisposeAsync();
        await base.DisposeAsync();
    }
}

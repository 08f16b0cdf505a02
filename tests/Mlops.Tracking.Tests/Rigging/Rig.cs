using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.Sqlite;

namespace Mlops.Tracking.Tests;

/// <summary>A real store in a folder of its own, behind a line that can fail, and trackers over it.</summary>
internal sealed class Rig : IAsyncDisposable
{
    /// <summary>Longer than anything takes on a slow machine; only a test that hangs meets it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<RunTracker> _trackers = [];

    public Rig(TimeProvider? time = null, string? databaseFolder = null)
    {
        Time = time ?? TimeProvider.System;
        Real = SqliteMetadataStore.Open(
            new SqliteStoreOptions { Path = Path.Combine(databaseFolder ?? Folder.Path, "mlops.db"), Time = Time });
        Store = new FaultyStore(Real);
        Content = new ContentStore(new FolderObjectStore(Folder["objects"]));
        Runs = new RunCatalog(new MetadataContext(Real, Content));
    }

    public TemporaryFolder Folder { get; } = new();

    public TimeProvider Time { get; }

    public SqliteMetadataStore Real { get; }

    public FaultyStore Store { get; }

    public ContentStore Content { get; }

    public RunCatalog Runs { get; }

    public LogSink Log { get; } = new();

    public string JournalPath => Folder["journal"];

    // what is captured in the background would come between the batches that tests count
    public TrackingOptions Options => new()
    {
        JournalPath = JournalPath,
        Time = Time,
        DrainInterval = TimeSpan.FromMilliseconds(10),
        Context = new RunContextOptions().WithoutAll(),
    };

    /// <summary>Opens a tracker; the rig disposes it, if the test has not.</summary>
    public RunTracker Open(
        Func<TrackingOptions, TrackingOptions>? adjust = null,
        Func<string, int, SegmentMemory>? createSegment = null,
        ContentStore? content = null,
        Func<GpuDriver?>? gpu = null)
    {
        var tracker = new RunTracker(Store, content ?? Content, adjust is null ? Options : adjust(Options), Log, createSegment, gpu);
        _trackers.Add(tracker);
        return tracker;
    }

    /// <summary>Moves what dead writers left into the store, as an open does.</summary>
    public Task<IReadOnlyList<JournalRecovery>> RecoverAsync() =>
        new Recoverer(Store, Content, Options, Log).RecoverAsync(CancellationToken.None);

    /// <summary>The values of a metric in order of arrival.</summary>
    public async Task<double[]> ValuesAsync(RunId run, string key) => [.. (await PointsAsync(run, key)).Select(p => p.Value)];

    /// <summary>The points of a metric in order of arrival.</summary>
    public Task<List<MetricPoint>> PointsAsync(RunId run, string key) => PointsAsync(Real, run, key);

    public static async Task<List<MetricPoint>> PointsAsync(IMetadataStore store, RunId run, string key)
    {
        List<MetricPoint> points = [];
        await foreach (var columns in store.ReadSeriesAsync(run.Value, RunRecord.MetricSeries(key), SeriesRange.All))
        {
            for (var i = 0; i < columns.Count; i++)
                points.Add(new MetricPoint(columns.Steps.Span[i], Microseconds.ToTime(columns.Times.Span[i]), columns.Numbers.Span[i]));
        }

        return points;
    }

    public async Task AssertValuesAsync(RunId run, string key, params double[] expected) =>
        Assert.Equal(expected, await ValuesAsync(run, key));

    public async Task AssertSoundAsync() => Assert.Empty((await Real.VerifyAsync()).Problems);

    /// <summary>Makes the first file of a journal, and has no room for another.</summary>
    public static Func<string, int, SegmentMemory> OnlyOneFile()
    {
        var made = 0;
        return (path, slots) => Interlocked.Increment(ref made) == 1
            ? SegmentMemory.CreateFile(path, slots)
            : throw new IOException("There is no room for another file.");
    }

    /// <summary>Flushes until nothing waits any more: after an outage the drainer tries again only now and then.</summary>
    public static async Task<FlushReport> FlushUntilDrainedAsync(RunTracker tracker)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var report = await tracker.FlushAsync(patience.Token);
            if (report.Pending == 0)
                return report;
        }
    }

    /// <summary>Waits for a condition that something in the background brings about.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition())
            await Task.Delay(1, patience.Token);
    }

    public async ValueTask DisposeAsync()
    {
        Store.IsAway = false;
        Store.Gate = null;
        foreach (var tracker in _trackers)
            await tracker.DisposeAsync();
        await Real.DisposeAsync();
        Folder.Dispose();
    }
}

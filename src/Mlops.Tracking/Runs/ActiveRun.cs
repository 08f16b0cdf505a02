using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Runtime.CompilerServices;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// A live run. Logging is synchronous, returns the run, and never waits for the database; what was logged outlives the process
/// from the moment the call returns, and is in the store within the drain interval. All members are thread-safe. Dispose it:
/// a run that this client owns and that was not completed then becomes FAILED.
/// </summary>
public sealed partial class ActiveRun : IRunHandle, IAsyncDisposable
{
    private readonly RunTracker _tracker;
    private readonly Journal _journal;
    private readonly TimeProvider _time;
    private readonly bool _owned;
    private readonly ConcurrentDictionary<string, MetricKey> _metrics = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _params = new(StringComparer.Ordinal);
    private readonly List<FieldConflict> _conflicts = [];
    private readonly Lock _gate = new();
    private MetricKey? _last;
    private long _dropped;
    private long _startPosition;
    private volatile string? _closed;
    private bool _disposed;

    internal ActiveRun(RunTracker tracker, Journal journal, TimeProvider time, RunId id, string name, string experiment, bool owned)
    {
        _tracker = tracker;
        _journal = journal;
        _time = time;
        _owned = owned;
        Id = id;
        Name = name;
        Experiment = experiment;
        Opened = time.GetUtcNow();
        _log = new Lazy<RunLog>(() => new RunLog(journal, id.Value));
    }

    /// <inheritdoc/>
    public RunId Id { get; }

    /// <summary>The name for people.</summary>
    public string Name { get; private set; }

    /// <summary>The name of the experiment.</summary>
    public string Experiment { get; }

    /// <summary>How many points of this run this client had to drop; 0 unless the journal is full and the store away.</summary>
    public long DroppedPoints => DroppedBefore + Interlocked.Read(ref _dropped);

    /// <summary>The metrics that the run had when this handle was made.</summary>
    internal IReadOnlyDictionary<string, SeriesSummary> MetricsBefore { get; init; } = ReadOnlyDictionary<string, SeriesSummary>.Empty;

    /// <summary>How many an earlier handle of this client had to drop.</summary>
    internal long DroppedBefore { get; init; }

    /// <summary>Logs a parameter: write-once, the same value again is fine.</summary>
    /// <param name="key">1 to 250 characters, no control characters.</param>
    /// <param name="value">Kept as invariant round-trip text of at most 65,536 characters (see <see cref="EntityText.Of"/>).</param>
    /// <exception cref="ImmutableException">The parameter has another value.</exception>
    /// <exception cref="ArgumentException">The key or value is not allowed.</exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    public ActiveRun LogParam<T>(string key, T value) => LogParams([new KeyValuePair<string, object?>(key, value)]);

    /// <summary>Logs several parameters; if one is refused, none is logged.</summary>
    /// <inheritdoc cref="LogParam{T}(string, T)"/>
    public ActiveRun LogParams(IEnumerable<KeyValuePair<string, object?>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        ThrowIfClosed();
        lock (_gate)
        {
            Dictionary<string, string> added = new(StringComparer.Ordinal);
            foreach (var (key, value) in values)
            {
                EntityText.Key("parameter", key);
                var text = EntityText.Value("parameter", key, EntityText.Of(value));
                if (!_params.TryGetValue(key, out var known) && !added.TryGetValue(key, out known))
                    added.Add(key, text);
                else if (known != text)
                    throw new ImmutableException(
                        $"Parameter '{key}' of run {Id} is '{known}' and cannot become '{text}': parameters are write-once. Log it under another key, or start a new run.");
            }

            if (!_tracker.WriteFields(this, added.Select(p => RunRecord.Param(p.Key, p.Value))))
                return this;
            foreach (var (key, text) in added)
                _params.Add(key, text);
        }

        return this;
    }

    /// <summary>Sets a tag; a later value takes the place of an earlier one.</summary>
    /// <param name="key">1 to 250 characters, no control characters.</param>
    /// <param name="value">At most 65,536 characters.</param>
    /// <exception cref="ArgumentException">The key or value is not allowed.</exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    public ActiveRun SetTag(string key, string value) => SetTags([new KeyValuePair<string, string>(key, value)]);

    /// <summary>Sets several tags; if one is refused, none is set.</summary>
    /// <inheritdoc cref="SetTag"/>
    public ActiveRun SetTags(IEnumerable<KeyValuePair<string, string>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        ThrowIfClosed();
        _tracker.WriteFields(this, [.. values.Select(Tag)]);
        return this;
    }

    /// <summary>
    /// Logs one value of a metric. The point is in the memory-mapped journal when the call returns; the call allocates nothing
    /// and takes about as long as a write to memory and a look at the clock.
    /// </summary>
    /// <param name="key">1 to 250 characters, no control characters. Fastest when it is the same string object each time.</param>
    /// <param name="value">Any number; NaN and infinities are values.</param>
    /// <param name="step">The step; 0 if there is none. A step may be logged more than once.</param>
    /// <param name="time">When; now if null. Kept in microseconds, UTC.</param>
    /// <exception cref="ArgumentException">The key is not allowed.</exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    public ActiveRun LogMetric(string key, double value, long step = 0, DateTimeOffset? time = null)
    {
        var metric = _last;
        if (metric is null || !ReferenceEquals(metric.Key, key))
            metric = FindMetric(key);
        if (_closed is not null)
            ThrowIfClosed();
        var at = Microseconds.From(time ?? _time.GetUtcNow());
        if (!_journal.WritePoint(metric, step, at, value))
            CountDropped();
        if (metric.Rules is { } rules)
            Judge(rules, step, value);
        return this;
    }

    /// <summary>Logs values of several metrics at one step and time.</summary>
    /// <inheritdoc cref="LogMetric"/>
    public ActiveRun LogMetrics(IEnumerable<KeyValuePair<string, double>> values, long step = 0, DateTimeOffset? time = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        var at = time ?? _time.GetUtcNow();
        foreach (var (key, value) in values)
            LogMetric(key, value, step, at);
        return this;
    }

    /// <summary>Waits until everything logged so far is durable and queryable, or until the flush bound has passed.</summary>
    /// <returns>Whether it is, and if not, what waits and why. Nothing is lost either way.</returns>
    /// <exception cref="ConflictException">
    /// Another process had given a parameter another value. Everything was flushed; each conflict is told once.
    /// </exception>
    public async Task<FlushReport> FlushAsync(CancellationToken cancellationToken = default)
    {
        var report = await _tracker.FlushAsync(cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            if (_conflicts.Count == 0)
                return report;
            var told = string.Join("; ", _conflicts.Select(c => $"{c.Field} stays '{c.Kept}', refused '{c.Refused}'"));
            _conflicts.Clear();
            throw new ConflictException(
                $"Run {Id}: another process logged other values first: {told}. The refused values are kept among the run's conflicts.");
        }
    }

    /// <summary>True once the run has ended, was deleted or let go of, so that it refuses to be logged to.</summary>
    internal bool IsClosed => _closed is not null;

    /// <summary>True once it will never take anything again: a run that was deleted may be restored.</summary>
    internal bool IsOver => _closed is { } why && why != Deleted;

    /// <summary>The place in the journal behind the run's start; 0 if it was there before this handle.</summary>
    internal long StartPosition
    {
        get => Interlocked.Read(ref _startPosition);
        set => Interlocked.Exchange(ref _startPosition, value);
    }

    /// <summary>True if the store, which has the journal up to here, has the run: before that it can take nothing for it.</summary>
    internal bool IsInStore(long drained) => StartPosition <= drained;

    /// <summary>How often the journal stood in memory before this handle was opened.</summary>
    internal int GapsBefore { get; init; }

    /// <summary>What of the times since then the store knows.</summary>
    internal int GapsTold { get; set; }

    /// <summary>True while this client owns the run and must give signs of life for it.</summary>
    internal bool IsOwnedAndOpen => _owned && _closed is null;

    /// <summary>When the run started.</summary>
    internal DateTimeOffset Started { get; init; }

    /// <summary>When this handle was opened.</summary>
    internal DateTimeOffset Opened { get; }

    /// <summary>Ends once the context of the run is in the journal, within a bound after the run began to end; never fails.</summary>
    internal Task Captured
    {
        get;
        set
        {
            field = value;

            // a client that is disposed at the same time may have ended the run before there was anything to end here
            if (_closed is not null)
                _tracker.EndContext(Id);
        }
    } = Task.CompletedTask;

    /// <summary>Logs what the process uses, unless the run ends meanwhile.</summary>
    internal void LogSystem(IEnumerable<(string Key, double Value)> values, long step, long time)
    {
        try
        {
            foreach (var (key, value) in values)
            {
                if (_closed is null && !_journal.WritePoint(FindMetric(key), step, time, value))
                    CountDropped();
            }
        }
        catch (ObjectDisposedException)
        {
            // the client is gone
        }
    }

    internal void AddConflict(FieldConflict conflict)
    {
        lock (_gate)
            _conflicts.Add(conflict);
    }

    internal void KnowParams(IReadOnlyDictionary<string, string> known)
    {
        lock (_gate)
        {
            foreach (var (key, value) in known)
                _params[key] = value;
        }
    }

    internal static FieldWrite Tag(KeyValuePair<string, string> tag) =>
        RunRecord.Tag(EntityText.Key("tag", tag.Key), EntityText.Value("tag", tag.Key, tag.Value));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private MetricKey FindMetric(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!_metrics.TryGetValue(key, out var metric))
        {
            EntityText.Key("metric", key);
            lock (_gate)
            {
                if (!_metrics.TryGetValue(key, out metric))
                {
                    metric = _journal.NewKey(Id.Value, key, RunRecord.MetricSeries(key));

                    // before anybody can log to it, so that rules miss no point
                    WatchMetric(metric);
                    _metrics[key] = metric;
                }
            }
        }

        _last = metric;
        return metric;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CountDropped()
    {
        Interlocked.Increment(ref _dropped);
        _tracker.CountDropped();
        TrackingDiagnostics.DroppedPoints.Add(1);
    }

    internal void ThrowIfClosed()
    {
        if (_closed is { } why)
            throw new InvalidOperationException($"Run {Id} ('{Name}') {why}");
    }
}

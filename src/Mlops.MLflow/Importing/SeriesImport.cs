using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>The points of one metric of one run on their way: those behind what is here already wait to be appended.</summary>
internal sealed class SeriesImport(RunId run, string key, long present)
{
    private readonly PointDigest _digest = new();
    private List<long> _steps = [];
    private List<long> _times = [];
    private List<double> _values = [];

    public RunId Run { get; } = run;

    public string Key { get; } = key;

    /// <summary>Why no point of it is taken; null if they are.</summary>
    public string? Refusal { get; private set; } = Check(key);

    /// <summary>Whether all that is here already was read again, and more comes.</summary>
    public bool IsAtItsEnd => present > 0 && Count == present && Refusal is null;

    public long Count => _digest.Count;

    /// <summary>How many of them are new here.</summary>
    public long Added => Math.Max(0, Count - present);

    /// <summary>True if the point is new here.</summary>
    public bool Add(long step, long time, double value)
    {
        _digest.Add(step, time, value);
        if (_digest.Count <= present)
            return false;
        _steps.Add(step);
        _times.Add(time);
        _values.Add(value);
        return true;
    }

    /// <summary>What waits; null if nothing does.</summary>
    public SeriesAppend? Take()
    {
        if (_steps.Count == 0)
            return null;
        var columns = SeriesColumns.OfNumbers(_steps.ToArray(), _times.ToArray(), _values.ToArray());
        (_steps, _times, _values) = ([], [], []);
        return new SeriesAppend(Run.Value, RunRecord.MetricSeries(Key), columns);
    }

    /// <summary>Lets nothing more be taken if what is here is not the beginning of what MLflow has.</summary>
    public async Task CheckBeginningAsync(IMetadataStore store, CancellationToken cancellationToken)
    {
        if (await VerifyAsync(store, cancellationToken).ConfigureAwait(false) is not null)
            Refusal = $"Metric '{Key}' has other points here than MLflow at its beginning; those behind were not taken.";
    }

    /// <summary>Reads back what is stored. Null if it is what was read, else what differs.</summary>
    public async Task<string?> VerifyAsync(IMetadataStore store, CancellationToken cancellationToken)
    {
        var stored = new PointDigest();
        var chunks = store.ReadSeriesAsync(Run.Value, RunRecord.MetricSeries(Key), SeriesRange.All, cancellationToken);
        await foreach (var points in chunks.ConfigureAwait(false))
            stored.Add(points);
        if (stored.Count != Count)
            return $"Metric '{Key}' has {stored.Count} points here and {Count} in MLflow; somebody changed one of them.";
        return stored.Value == _digest.Value
            ? null
            : $"Metric '{Key}' has {Count} points on both sides, but not the same ones; somebody changed one of them.";
    }

    private static string? Check(string key)
    {
        try
        {
            EntityText.Key("metric", key);
            return null;
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }
}

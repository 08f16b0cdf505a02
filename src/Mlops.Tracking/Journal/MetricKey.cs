using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>A metric of a run as the journal knows it: by a number, which every segment defines before it is used there.</summary>
internal sealed class MetricKey(uint number, RecordId run, string key, string series)
{
    private volatile WatchedRule[]? _rules;

    public uint Number { get; } = number;

    public RecordId Run { get; } = run;

    /// <summary>The user's key; the string that was logged first, for the comparison by reference.</summary>
    public string Key { get; } = key;

    public string Series { get; } = series;

    /// <summary>The last segment in which this key was defined.</summary>
    public Segment? DefinedIn { get; set; }

    /// <summary>The rules that judge its points; null if none does, which is all that an unwatched point asks.</summary>
    public WatchedRule[]? Rules
    {
        get => _rules;
        set => _rules = value;
    }
}

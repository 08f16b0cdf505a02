namespace Mlops.Storage;

/// <summary>
/// Remembers for some seconds that the index was away, so that of many puts in an outage only one now and then waits to find that
/// out. Thread-safe.
/// </summary>
internal sealed class IndexOutage(TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    // longer than a store takes to say that it is away: whoever looks may be cancelled, and then another one looks
    private static readonly TimeSpan LongestLook = TimeSpan.FromMinutes(1);
    private readonly Lock _lock = new();
    private DateTimeOffset? _until;

    /// <summary>Whether the index was away when it was last asked, and nothing was committed since.</summary>
    public bool IsKnown
    {
        get
        {
            lock (_lock)
                return _until is not null;
        }
    }

    /// <summary>Whether a put may ask the index now. While it is away, one after each pause may.</summary>
    /// <param name="looks">Whether this one has to find out whether it is back, by a commit.</param>
    public bool MayAsk(out bool looks)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            looks = now >= _until;
            if (looks)
                _until = now + LongestLook;
            return looks || _until is null;
        }
    }

    /// <summary>The index was away.</summary>
    public void Note()
    {
        lock (_lock)
            _until = time.GetUtcNow() + Pause;
    }

    /// <summary>The index took a commit.</summary>
    public void End()
    {
        lock (_lock)
            _until = null;
    }
}

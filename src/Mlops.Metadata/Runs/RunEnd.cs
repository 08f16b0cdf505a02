namespace Mlops.Metadata;

/// <summary>How a run ended.</summary>
/// <param name="Status">Finished, failed or killed.</param>
/// <param name="Time">When, by the clock of the one who ended it.</param>
/// <param name="Reason">
/// A word for a failed or killed run: <c>exception</c>, <c>cancelled</c>, <c>not_completed</c> (disposed without an end) or
/// <c>lost</c> (its process vanished); null for a finished one.
/// </param>
/// <param name="Error">The exception's text, or what the watch found that cancelled it; else null.</param>
public sealed record RunEnd(RunStatus Status, DateTimeOffset Time, string? Reason = null, string? Error = null)
{
    /// <summary>The run was disposed before it was completed.</summary>
    public const string NotCompleted = "not_completed";

    /// <summary>The process that owned the run vanished.</summary>
    public const string Lost = "lost";

    /// <summary>An exception ended the run.</summary>
    public const string Exception = "exception";

    /// <summary>The run was cancelled.</summary>
    public const string Cancelled = "cancelled";
}

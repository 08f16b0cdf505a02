namespace Mlops.Metadata;

/// <summary>A line of a run's log.</summary>
/// <param name="Time">When it was logged, UTC, in microseconds.</param>
/// <param name="Level">How serious it is.</param>
/// <param name="Category">Who logged it: the category of the logger, or <c>console.out</c> and <c>console.error</c>.</param>
/// <param name="Message">The formatted message, without secrets (see <see cref="Redactor"/>).</param>
public sealed record LogLine(DateTimeOffset Time, LogLineLevel Level, string Category, string Message)
{
    /// <summary>Its place in the log, from 1, in the order in which the lines reached the store; 0 for a line that is not there yet.</summary>
    public long Position { get; init; }

    /// <summary>The id of the event; 0 for none.</summary>
    public int EventId { get; init; }

    /// <summary>The scopes around it, the outermost first, divided by <c> =&gt; </c>; null for none.</summary>
    public string? Scope { get; init; }

    /// <summary>The text of the exception that was logged with it; null for none.</summary>
    public string? Exception { get; init; }
}

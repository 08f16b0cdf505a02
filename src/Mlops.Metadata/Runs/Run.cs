using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>A run as it was when it was read.</summary>
public sealed record Run : IRunHandle
{
    /// <inheritdoc/>
    public required RunId Id { get; init; }

    /// <summary>The experiment it belongs to.</summary>
    public required ExperimentId ExperimentId { get; init; }

    /// <summary>A name for people; not unique.</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>Whether it was deleted.</summary>
    public required LifecycleStage Stage { get; init; }

    /// <summary>When it was started, UTC, by the clock of its process.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>When it ended; null while it runs.</summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>Why it failed or was killed (see <see cref="RunEnd"/>).</summary>
    public string? EndReason { get; init; }

    /// <summary>The text of the exception that ended it, or what the watch found that cancelled it.</summary>
    public string? Error { get; init; }

    /// <summary>The run that it is a part of.</summary>
    public RunId? ParentId { get; init; }

    /// <summary>What people wrote about it, as Markdown; null if nothing.</summary>
    public string? Notes { get; init; }

    /// <summary>The run that it was forked from; null for a run of its own.</summary>
    public RunId? ForkedFrom { get; init; }

    /// <summary>The last step whose points it shares with <see cref="ForkedFrom"/>.</summary>
    public long? ForkStep { get; init; }

    /// <summary>The client that owns it: the only one that ends it.</summary>
    public RecordId? Owner { get; init; }

    /// <summary>How many points could not be kept (see the journal's bound); 0 in every normal run.</summary>
    public long DroppedPoints { get; init; }

    /// <summary>
    /// How often no journal file could be had, because the disk was full for example, and what was logged stood in memory only
    /// until it was in the store; 0 in every normal run.
    /// </summary>
    public long JournalGaps { get; init; }

    /// <summary>What a recovery found damaged in the journal of this run; null in every normal run.</summary>
    public string? JournalDamage { get; init; }

    /// <summary>Parameters as text.</summary>
    public required IReadOnlyDictionary<string, string> Params { get; init; }

    /// <summary>Tags.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>
    /// Metrics with the summary of their points. Of a fork that was read by its id they include what it shares with its source;
    /// those that a search found have only what the run logged itself.
    /// </summary>
    public required IReadOnlyDictionary<string, SeriesSummary> Metrics { get; init; }

    /// <summary>
    /// What the process of the run used (keys that begin with <c>system/</c>), with the summary of the points; empty for runs that
    /// a search found.
    /// </summary>
    public IReadOnlyDictionary<string, SeriesSummary> SystemMetrics { get; init; } = new Dictionary<string, SeriesSummary>();

    /// <summary>What rules that watched it found, oldest first; of each rule the last finding.</summary>
    public required IReadOnlyList<WatchFinding> WatchFindings { get; init; }

    /// <summary>Second values that another process gave to parameters; the first stayed.</summary>
    public required IReadOnlyList<FieldConflict> Conflicts { get; init; }

    /// <summary>
    /// What the run was started in, such as <c>host</c> or <c>git.commit</c> (<c>docs/context.md</c> lists the names). Its tables are
    /// read by <see cref="RunCatalog.FindContextTableAsync"/>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Context { get; init; } = new Dictionary<string, string>();

    /// <summary>Why something of the context could not be captured, by the name of its provider; empty in every normal run.</summary>
    public IReadOnlyDictionary<string, string> ContextProblems { get; init; } = new Dictionary<string, string>();

    internal RecordId? ContextId { get; init; }
}

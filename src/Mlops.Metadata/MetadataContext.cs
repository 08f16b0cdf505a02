using System.Collections.Concurrent;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>
/// What the catalogs of one client share, and what packages beside them extend: the store, the content, who works, and the
/// clock. Thread-safe.
/// </summary>
public sealed class MetadataContext
{
    private readonly Func<CancellationToken, Task>? _flush;
    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, MetricGoal>> _goals = new(StringComparer.Ordinal);

    /// <summary>Brings them together.</summary>
    /// <param name="store">Where records and series are.</param>
    /// <param name="content">Where the bytes of artifacts are.</param>
    /// <param name="actor">Who works, as it appears in the audit; by default the user's name.</param>
    /// <param name="time">The clock; the system's by default.</param>
    /// <param name="flush">Brings what the client has logged so far into the store; by default there is nothing to bring.</param>
    public MetadataContext(
        IMetadataStore store, ContentStore content, string? actor = null, TimeProvider? time = null, Func<CancellationToken, Task>? flush = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(content);
        Store = store;
        Content = content;
        Actor = actor ?? (Environment.UserName is { Length: > 0 } name ? name : "unknown");
        Time = time ?? TimeProvider.System;
        Ids = new IdGenerator(Time);
        _flush = flush;
    }

    /// <summary>Where records and series are.</summary>
    public IMetadataStore Store { get; }

    /// <summary>Where the bytes of artifacts are.</summary>
    public ContentStore Content { get; }

    /// <summary>Who works, as it appears in the audit.</summary>
    public string Actor { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>Makes new ids.</summary>
    public IdGenerator Ids { get; }

    /// <summary>
    /// Told of each run that was deleted, restored (with the stage it then has) or purged (with null) through this context, so
    /// that open handles of it notice.
    /// </summary>
    public event Action<RunId, LifecycleStage?>? RunStaged;

    /// <summary>
    /// Which way a metric of an experiment's runs is better, as far as this client has set or read it: the store is not asked. Null if
    /// it knows nothing.
    /// </summary>
    public MetricGoal? FindKnownGoal(string experiment, string metric) =>
        _goals.TryGetValue(experiment, out var goals) && goals.TryGetValue(metric, out var goal) ? goal : null;

    /// <summary>Brings what this client has logged so far into the store, so that what is changed here comes after it.</summary>
    public Task FlushAsync(CancellationToken cancellationToken = default) => _flush?.Invoke(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Flushes, then commits changes as one batch, in the name of <see cref="Actor"/>.</summary>
    /// <inheritdoc cref="IMetadataStore.CommitAsync"/>
    public async Task<BatchResult> CommitAsync(IReadOnlyList<RecordChange> changes, CancellationToken cancellationToken = default)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        return await Store.CommitAsync(
            new Batch { Actor = Actor, ClientTime = Time.GetUtcNow(), Changes = changes }, cancellationToken).ConfigureAwait(false);
    }

    internal void NoteGoals(string experiment, IReadOnlyDictionary<string, MetricGoal> goals) => _goals[experiment] = goals;

    internal void NoteGoal(string experiment, string metric, MetricGoal? goal) => _goals.AddOrUpdate(
        experiment,
        _ => With(new Dictionary<string, MetricGoal>(), metric, goal),
        (_, known) => With(new Dictionary<string, MetricGoal>(known), metric, goal));

    private static Dictionary<string, MetricGoal> With(Dictionary<string, MetricGoal> goals, string metric, MetricGoal? goal)
    {
        if (goal is { } known)
            goals[metric] = known;
        else
            goals.Remove(metric);
        return goals;
    }

    internal void TellStaged(RunId run, LifecycleStage? stage) => RunStaged?.Invoke(run, stage);
}

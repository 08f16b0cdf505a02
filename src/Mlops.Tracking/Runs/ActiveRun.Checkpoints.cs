using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

public sealed partial class ActiveRun
{
    private const int MaxCheckpointKey = 100;
    private const int PurgesPerBatch = 1000;
    private readonly SemaphoreSlim _checkpointing = new(1, 1);
    private readonly Dictionary<string, MetricGoal> _checkpointGoals = new(StringComparer.Ordinal);

    // in the order in which they were logged: a run that goes on from an earlier step logs lower steps again
    private readonly List<ModelCheckpoint> _checkpoints = [];

    /// <summary>
    /// Logs a model as it is at a step, as the artifact <c>checkpoints/key/step/file</c>, and lets go of older ones that
    /// <see cref="CheckpointOptions.KeepLast"/> no longer keeps. The latest stay until the new one is durable.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="step">The step.</param>
    /// <param name="options">Its score, and what to keep; by default all are kept.</param>
    /// <param name="cancellationToken">Cancels; then nothing is logged.</param>
    /// <returns>The checkpoint. If even the journal's reserve had no room for it, as a flush then reports, the older ones stay.</returns>
    /// <exception cref="FileNotFoundException">There is no such file, or it vanished.</exception>
    /// <exception cref="ConflictException">The file changed while it was read.</exception>
    /// <exception cref="ArgumentException">
    /// The key or <see cref="CheckpointOptions.KeepLast"/> is not allowed, or nothing says which way the score is better.
    /// </exception>
    /// <exception cref="StorageUnavailableException">The object store takes nothing.</exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    public Task<ModelCheckpoint> LogCheckpointAsync(
        string file, long step, CheckpointOptions? options = null, CancellationToken cancellationToken = default) =>
        LogCheckpointAsync(null, file, step, options, cancellationToken);

    internal async Task<ModelCheckpoint> LogCheckpointAsync(
        ActiveStep? by, string file, long step, CheckpointOptions? options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        options ??= new CheckpointOptions();
        if (options.Key is not { Length: >= 1 and <= MaxCheckpointKey } key || key.Contains('/', StringComparison.Ordinal))
            throw new ArgumentException($"The checkpoint key '{options.Key}' has no 1 to {MaxCheckpointKey} characters, or a '/'.", nameof(options));
        if (options.KeepLast < 1)
            throw new ArgumentOutOfRangeException(nameof(options), options.KeepLast, "At least the last checkpoint is kept.");
        var path = ArtifactPath.Parse(FormattableString.Invariant($"checkpoints/{key}/{step}/{Path.GetFileName(file)}"));
        ThrowIfClosed();
        var goal = SettleGoal(options);
        var content = await _tracker.Content.PutFileAsync(file, null, cancellationToken).ConfigureAwait(false);

        await _checkpointing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_tracker.WriteCheckpoint(this, by, path, content, key, step, options.Score, goal, out var logged))
                return logged;
            _checkpoints.Add(logged);
            StepOutputs[path.Value] = AsData(logged);
            if (options.KeepLast is { } last)
                Forget(key, last);
            return logged;
        }
        finally
        {
            _checkpointing.Release();
        }
    }

    /// <summary>Takes over what was logged before this handle was made.</summary>
    internal void KnowCheckpoints(IEnumerable<ModelCheckpoint> before)
    {
        _checkpoints.AddRange(before.OrderBy(c => c.File.Id.Value));
        foreach (var checkpoint in _checkpoints.Where(c => HasScore(c.Score)))
            _checkpointGoals[checkpoint.Key] = checkpoint.Goal;
    }

    /// <summary>
    /// Which way the scores of a key are better: as they are said to be now, else as they were before, also by an earlier handle. It is
    /// kept, so that what is learnt of the metric meanwhile does not turn them around.
    /// </summary>
    private MetricGoal SettleGoal(CheckpointOptions options)
    {
        var (key, metric) = (options.Key, options.Metric);
        lock (_checkpointGoals)
        {
            var goal = options.Goal ?? (_checkpointGoals.TryGetValue(key, out var before) ? before : metric is null ? null : FindGoal(metric));
            if (goal is { } known)
                return _checkpointGoals[key] = known;
            return !HasScore(options.Score) ? MetricGoal.Maximize : throw new ArgumentException(
                $"Nothing says whether the score of checkpoint '{key}' is better small or large{(metric is null ? "" : $", nor does the name '{metric}'")}; say Goal, or the Metric that it is of.",
                nameof(options));
        }
    }

    private static bool HasScore(double? score) => score is { } known && !double.IsNaN(known);

    private void Forget(string key, int last)
    {
        var ofKey = _checkpoints.Where(c => c.Key == key).ToList();
        var best = ModelCheckpoint.Best(ofKey);
        var old = ofKey.SkipLast(last).Where(c => c != best).ToList();
        foreach (var part in old.Chunk(PurgesPerBatch))
        {
            var ids = part.Select(c => c.File.Id).ToHashSet();
            if (!_tracker.PurgeArtifacts(ids))
                return;
            _checkpoints.RemoveAll(c => ids.Contains(c.File.Id));
            foreach (var checkpoint in part)
                StepOutputs.TryRemove(KeyValuePair.Create(checkpoint.File.Path.Value, AsData(checkpoint)));
        }
    }

    private static StepData AsData(ModelCheckpoint checkpoint) =>
        new(checkpoint.File.Path.Value, null, checkpoint.File.Digest, checkpoint.File.Id);
}

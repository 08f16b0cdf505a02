using System.Collections.Concurrent;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

public sealed partial class ActiveRun
{
    private const int MaxCheckpointKey = 100;
    private readonly SemaphoreSlim _checkpointing = new(1, 1);
    private readonly ConcurrentDictionary<string, MetricGoal> _checkpointGoals = new(StringComparer.Ordinal);

    // in the order in which they were logged: a run that goes on from an earlier step logs lower steps again
    private List<ModelCheckpoint>? _checkpoints;

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
    public async Task<ModelCheckpoint> LogCheckpointAsync(
        string file, long step, CheckpointOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        options ??= new CheckpointOptions();
        if (options.Key is not { Length: >= 1 and <= MaxCheckpointKey } key || key.Contains('/', StringComparison.Ordinal))
            throw new ArgumentException($"The checkpoint key '{options.Key}' has no 1 to {MaxCheckpointKey} characters, or a '/'.", nameof(options));
        if (options.KeepLast < 1)
            throw new ArgumentOutOfRangeException(nameof(options), options.KeepLast, "At least the last checkpoint is kept.");
        var goal = options.Goal ?? (_checkpointGoals.TryGetValue(key, out var before) ? before : options.Metric is { } metric ? FindGoal(metric) : null);
        if (options.Score is { } score && !double.IsNaN(score) && goal is null)
            throw new ArgumentException(
                $"Nothing says whether the score of checkpoint '{key}' is better small or large{(options.Metric is { } unknown ? $", nor does the name '{unknown}'" : "")}; say Goal, or the Metric that it is of.",
                nameof(options));

        // what is learnt of the metric meanwhile must not turn the scores around
        if (goal is { } known)
            _checkpointGoals[key] = known;
        var path = ArtifactPath.Parse(FormattableString.Invariant($"checkpoints/{key}/{step}/{Path.GetFileName(file)}"));
        ThrowIfClosed();
        var content = await _tracker.Content.PutFileAsync(file, null, cancellationToken).ConfigureAwait(false);

        await _checkpointing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _checkpoints ??= Continues ? await FindCheckpointsAsync(cancellationToken).ConfigureAwait(false) : [];
            if (!_tracker.WriteCheckpoint(this, path, content, key, step, options.Score, goal ?? MetricGoal.Maximize, out var logged))
                return logged;
            _checkpoints?.Add(logged);
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

    private void Forget(string key, int last)
    {
        var ofKey = _checkpoints?.Where(c => c.Key == key).ToList() ?? [];
        var best = ModelCheckpoint.Best(ofKey);
        var old = ofKey.SkipLast(last).Where(c => c != best).ToList();
        if (old.Count > 0 && _tracker.PurgeArtifacts(old.ConvertAll(c => c.File.Id)))
        {
            _checkpoints!.RemoveAll(old.Contains);
            foreach (var checkpoint in old)
                StepOutputs.TryRemove(KeyValuePair.Create(checkpoint.File.Path.Value, AsData(checkpoint)));
        }
    }

    private static StepData AsData(ModelCheckpoint checkpoint) =>
        new(checkpoint.File.Path.Value, null, checkpoint.File.Digest, checkpoint.File.Id);

    // while the store is away all are kept; the next checkpoint after that asks again
    private async Task<List<ModelCheckpoint>?> FindCheckpointsAsync(CancellationToken cancellationToken)
    {
        try
        {
            var found = await _tracker.Runs.ListCheckpointsAsync(Id, cancellationToken).ConfigureAwait(false);
            return [.. found.OrderBy(c => c.File.Id.Value)];
        }
        catch (StorageUnavailableException)
        {
            return null;
        }
    }
}

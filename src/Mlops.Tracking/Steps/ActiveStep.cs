using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// A step of a run's pipeline while its body runs; it starts and ends with
/// <see cref="ActiveRun.StepAsync(string, Func{ActiveStep, CancellationToken, Task}, CancellationToken)"/>. All members are thread-safe.
/// </summary>
public sealed class ActiveStep
{
    private readonly RunTracker _tracker;
    private volatile bool _hasEnded;

    internal ActiveStep(RunTracker tracker, ActiveRun run, StepId id, string name)
    {
        _tracker = tracker;
        Run = run;
        Id = id;
        Name = name;
    }

    /// <summary>Its id.</summary>
    public StepId Id { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The run it belongs to.</summary>
    public ActiveRun Run { get; }

    /// <summary>Does a part of this step as a step of its own.</summary>
    /// <exception cref="InvalidOperationException">This step or the run has ended, or the run was deleted.</exception>
    /// <inheritdoc cref="ActiveRun.StepAsync(string, Func{ActiveStep, CancellationToken, Task}, CancellationToken)"/>
    public Task StepAsync(string name, Func<ActiveStep, CancellationToken, Task> body, CancellationToken cancellationToken = default)
    {
        ThrowIfEnded();
        return Run.StepAsync(this, name, body, cancellationToken);
    }

    /// <inheritdoc cref="StepAsync(string, Func{ActiveStep, CancellationToken, Task}, CancellationToken)"/>
    public Task<T> StepAsync<T>(string name, Func<ActiveStep, CancellationToken, Task<T>> body, CancellationToken cancellationToken = default)
    {
        ThrowIfEnded();
        return Run.StepAsync(this, name, body, cancellationToken);
    }

    /// <summary>Does a part of this step as a step of its own.</summary>
    /// <exception cref="InvalidOperationException">This step or the run has ended, or the run was deleted.</exception>
    /// <inheritdoc cref="ActiveRun.StepAsync(string, Func{ActiveStep, Task}, CancellationToken)"/>
    public Task StepAsync(string name, Func<ActiveStep, Task> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return StepAsync(name, (step, _) => body(step), cancellationToken);
    }

    /// <inheritdoc cref="StepAsync(string, Func{ActiveStep, Task}, CancellationToken)"/>
    public Task<T> StepAsync<T>(string name, Func<ActiveStep, Task<T>> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return StepAsync(name, (step, _) => body(step), cancellationToken);
    }

    /// <summary>
    /// Says that the step reads something: an output of an earlier step or a checkpoint of this handle by its name or path, or data from elsewhere.
    /// </summary>
    /// <param name="name">1 to 250 characters, no control characters.</param>
    /// <param name="version">Which version it is, in words, at most 65,536 characters; null if there are none.</param>
    /// <exception cref="ArgumentException">The name or version is not allowed.</exception>
    /// <exception cref="InvalidOperationException">The step or the run has ended, or the run was deleted.</exception>
    public ActiveStep AddInput(string name, string? version = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Link(StepRecord.Input(version is null && Run.StepOutputs.TryGetValue(name, out var made) ? made : new StepData(name, version)));
    }

    /// <summary>Says that the step reads data whose content is known by its digest, wherever it is.</summary>
    /// <param name="name">1 to 250 characters, no control characters.</param>
    /// <param name="digest">SHA-256 of the content.</param>
    /// <param name="version">Which version it is, in words; null if there are none.</param>
    /// <inheritdoc cref="AddInput(string, string?)" path="/exception"/>
    public ActiveStep AddInput(string name, Digest digest, string? version = null) => Link(StepRecord.Input(new StepData(name, version, digest)));

    /// <summary>Says that the step reads an artifact, of this run or another.</summary>
    /// <exception cref="InvalidOperationException">The step or the run has ended, or the run was deleted.</exception>
    public ActiveStep AddInput(Artifact artifact)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        return Link(StepRecord.Input(new StepData(artifact.Path.Value, null, artifact.Digest, artifact.Id)));
    }

    /// <summary>Says that the step makes something that is no artifact of the run, such as a table of a database.</summary>
    /// <param name="name">1 to 250 characters, no control characters.</param>
    /// <param name="version">Which version it is, in words, at most 65,536 characters; null if there are none.</param>
    /// <inheritdoc cref="AddInput(string, string?)" path="/exception"/>
    public ActiveStep AddOutput(string name, string? version = null) => AddOutput(new StepData(name, version));

    /// <summary>Says that the step makes data that the store does not hold, and whose content has this digest.</summary>
    /// <inheritdoc cref="AddInput(string, Digest, string?)"/>
    public ActiveStep AddOutput(string name, Digest digest, string? version = null) => AddOutput(new StepData(name, version, digest));

    /// <summary>Logs a file or folder as artifact of the run and output of this step.</summary>
    /// <inheritdoc cref="ActiveRun.LogArtifactAsync(string, string?, IProgress{long}?, CancellationToken)"/>
    public Task LogArtifactAsync(
        string localPath, string? artifactPath = null, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ThrowIfEnded();
        return Run.LogArtifactAsync(this, localPath, artifactPath, progress, cancellationToken);
    }

    /// <summary>Logs what a stream holds from its position to its end as artifact of the run and output of this step.</summary>
    /// <inheritdoc cref="ActiveRun.LogArtifactAsync(Stream, string, CancellationToken)"/>
    public Task LogArtifactAsync(Stream content, string artifactPath, CancellationToken cancellationToken = default)
    {
        ThrowIfEnded();
        return Run.LogArtifactAsync(this, content, artifactPath, cancellationToken);
    }

    /// <summary>Logs a text as a UTF-8 file, artifact of the run and output of this step.</summary>
    /// <inheritdoc cref="ActiveRun.LogTextAsync(string, string, CancellationToken)"/>
    public Task LogTextAsync(string text, string artifactPath, CancellationToken cancellationToken = default)
    {
        ThrowIfEnded();
        return Run.LogTextAsync(this, text, artifactPath, cancellationToken);
    }

    /// <summary>Logs a model as it is at a step of its training, as checkpoint of the run and output of this step of the pipeline.</summary>
    /// <inheritdoc cref="ActiveRun.LogCheckpointAsync(string, long, CheckpointOptions?, CancellationToken)"/>
    public Task<ModelCheckpoint> LogCheckpointAsync(
        string file, long step, CheckpointOptions? options = null, CancellationToken cancellationToken = default)
    {
        ThrowIfEnded();
        return Run.LogCheckpointAsync(this, file, step, options, cancellationToken);
    }

    /// <summary>Takes nothing more.</summary>
    internal void End() => _hasEnded = true;

    private ActiveStep AddOutput(StepData data)
    {
        Link(StepRecord.Output(data));
        Run.StepOutputs[data.Name] = data;
        return this;
    }

    private ActiveStep Link(FieldWrite link)
    {
        ThrowIfEnded();
        Run.ThrowIfClosed();
        _tracker.WriteStep(StepRecord.Linked(Id, link));
        return this;
    }

    private void ThrowIfEnded()
    {
        if (_hasEnded)
            throw new InvalidOperationException($"Step '{Name}' of run {Run.Id} has ended. Start another one.");
    }
}

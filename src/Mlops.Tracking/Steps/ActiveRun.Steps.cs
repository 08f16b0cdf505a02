using System.Collections.Concurrent;
using Mlops.Metadata;

namespace Mlops.Tracking;

/// <content>The steps of the run's pipeline.</content>
public sealed partial class ActiveRun
{
    /// <summary>What steps of this handle made, and its checkpoints, by name or path, so that later steps name it and no more.</summary>
    internal ConcurrentDictionary<string, StepData> StepOutputs { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Does a part of the run as a step: FINISHED if <paramref name="body"/> returns, KILLED if it is cancelled by
    /// <paramref name="cancellationToken"/> or a watch of the run, FAILED if it throws; what it throws comes out. Doing it again makes another step, an
    /// attempt of its own. Start and end are in the journal at once; the store is not waited for.
    /// </summary>
    /// <param name="name">1 to 250 characters, no control characters.</param>
    /// <param name="body">What is done. It gets the step, which is to be used only here, and the token.</param>
    /// <param name="cancellationToken">Handed to the body.</param>
    /// <exception cref="ArgumentException">The name is not allowed.</exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    public Task StepAsync(string name, Func<ActiveStep, CancellationToken, Task> body, CancellationToken cancellationToken = default) =>
        StepAsync(null, name, body, cancellationToken);

    /// <returns>What the body returns.</returns>
    /// <inheritdoc cref="StepAsync(string, Func{ActiveStep, CancellationToken, Task}, CancellationToken)"/>
    public Task<T> StepAsync<T>(string name, Func<ActiveStep, CancellationToken, Task<T>> body, CancellationToken cancellationToken = default) =>
        StepAsync(null, name, body, cancellationToken);

    /// <inheritdoc cref="StepAsync(string, Func{ActiveStep, CancellationToken, Task}, CancellationToken)"/>
    /// <param name="name">1 to 250 characters, no control characters.</param>
    /// <param name="body">What is done. It gets the step, which is to be used only here.</param>
    /// <param name="cancellationToken">Cancels before the step starts; later it is the body that heeds it.</param>
    public Task StepAsync(string name, Func<ActiveStep, Task> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return StepAsync(null, name, (step, _) => body(step), cancellationToken);
    }

    /// <returns>What the body returns.</returns>
    /// <inheritdoc cref="StepAsync(string, Func{ActiveStep, Task}, CancellationToken)"/>
    public Task<T> StepAsync<T>(string name, Func<ActiveStep, Task<T>> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return StepAsync(null, name, (step, _) => body(step), cancellationToken);
    }

    internal Task StepAsync(
        ActiveStep? parent, string name, Func<ActiveStep, CancellationToken, Task> body, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        return StepAsync(
            parent,
            name,
            async (step, token) =>
            {
                await body(step, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    internal async Task<T> StepAsync<T>(
        ActiveStep? parent, string name, Func<ActiveStep, CancellationToken, Task<T>> body, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        ThrowIfClosed();
        cancellationToken.ThrowIfCancellationRequested();
        using var activity = TrackingDiagnostics.Activities.StartActivity("mlops.step");
        var step = _tracker.StartStep(this, parent, name);
        var end = new RunEnd(RunStatus.Finished, default);
        try
        {
            return await body(step, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (WasCancelled(e, cancellationToken))
        {
            end = Killed(WhyCancelled(e, cancellationToken));
            throw;
        }
        catch (Exception e)
        {
            end = new RunEnd(RunStatus.Failed, default, RunEnd.Exception, Shorten(e));
            throw;
        }
        finally
        {
            step.End();
            activity?.SetTag("mlops.step.status", end.Status.ToString());
            _tracker.EndStep(step, end with { Time = _time.GetUtcNow() });
        }
    }
}

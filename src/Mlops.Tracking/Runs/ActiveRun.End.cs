using Microsoft.Extensions.Logging;
using Mlops.Metadata;

namespace Mlops.Tracking;

public sealed partial class ActiveRun
{
    /// <summary>Why a deleted run refuses to be logged to.</summary>
    internal const string Deleted = "was deleted; RunCatalog.RestoreAsync brings it back.";

    private const int MaxErrorLength = 32_000;

    /// <summary>
    /// Ends the run as FINISHED and waits until all of it is durable, or until the flush bound has passed; then the journal
    /// keeps the rest, and the report and the log say so. Completing a completed run again is fine.
    /// </summary>
    /// <exception cref="InvalidOperationException">The run ended otherwise, was deleted, or is owned by another client.</exception>
    public Task<FlushReport> CompleteAsync(CancellationToken cancellationToken = default) =>
        EndAsync(new RunEnd(RunStatus.Finished, _time.GetUtcNow()), cancellationToken);

    /// <summary>Ends the run as FAILED, with the exception's text without secrets (see <see cref="Redactor"/>), and waits like <see cref="CompleteAsync"/>.</summary>
    /// <inheritdoc cref="CompleteAsync"/>
    public Task<FlushReport> FailAsync(Exception exception, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return EndAsync(new RunEnd(RunStatus.Failed, _time.GetUtcNow(), RunEnd.Exception, Shorten(exception)), cancellationToken);
    }

    /// <summary>Ends the run as KILLED, because it was cancelled, and waits like <see cref="CompleteAsync"/>.</summary>
    /// <inheritdoc cref="CompleteAsync"/>
    public Task<FlushReport> KillAsync(CancellationToken cancellationToken = default) =>
        EndAsync(Killed(why: null), cancellationToken);

    /// <summary>Ends the run by what left its body: KILLED if it was cancelled, by the token of the body or by a watch, else FAILED.</summary>
    internal Task<FlushReport> EndByAsync(Exception exception, CancellationToken ofBody) =>
        WasCancelled(exception, ofBody)
            ? EndAsync(Killed(WhyCancelled(exception, ofBody)), CancellationToken.None)
            : FailAsync(exception, CancellationToken.None);

    /// <summary>
    /// Whether an exception says that the work was cancelled, by the token that it was given or by a watch of this run. A request
    /// that took too long says the same, but names the timeout.
    /// </summary>
    private bool WasCancelled(Exception exception, CancellationToken token) =>
        exception is OperationCanceledException { InnerException: not TimeoutException } && (token.IsCancellationRequested || !Volatile.Read(ref _cancellations).IsEmpty);

    private RunEnd Killed(string? why) => new(RunStatus.Killed, _time.GetUtcNow(), RunEnd.Cancelled, why);

    /// <summary>
    /// What the watch that cancelled found, with the exception if that may have another cause; null if the caller cancelled.
    /// </summary>
    private string? WhyCancelled(Exception exception, CancellationToken token)
    {
        if (token.IsCancellationRequested)
            return null;
        var cancellations = Volatile.Read(ref _cancellations);
        var own = cancellations.Find(c => c.Token == ((OperationCanceledException)exception).CancellationToken);
        var by = own ?? cancellations[0];
        var reason = $"{by.Finding.Rule}: {by.Finding.Reason}";
        return own is not null ? reason : $"{reason}{Environment.NewLine}{Shorten(exception)}";
    }

    /// <summary>
    /// Lets go of the run. If this client owns it and it was not ended, it becomes FAILED with the reason <c>not_completed</c>.
    /// Waits like <see cref="CompleteAsync"/>; never throws.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _tracker.EndContext(Id);
        await Captured.ConfigureAwait(false);
        if (LetGo())
            await _tracker.DrainAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Ends the run if it is owned and open, without waiting; true if there is something to wait for.</summary>
    internal bool LetGo()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return false;
        var wasOpen = Close(_owned ? HasEnded(RunStatus.Failed) : "was joined and has been disposed; join it again to log to it.")
            || _closed == Deleted;
        _tracker.EndContext(Id);
        if (!_owned)
        {
            _tracker.WriteEnd(this, null);
        }
        else if (wasOpen)
        {
            TrackingLog.NotCompleted(_tracker.Logger, Id.ToString());
            _tracker.WriteEnd(this, new RunEnd(RunStatus.Failed, _time.GetUtcNow(), RunEnd.NotCompleted));
        }

        EndWatches();
        _tracker.Forget(this);
        return wasOpen || !_owned;
    }

    /// <summary>Refuses everything from now on; false if that was so already.</summary>
    internal bool Close(string why)
    {
        lock (_gate)
        {
            if (_closed is not null)
                return false;
            _closed = why;
            return true;
        }
    }

    /// <summary>Takes a deletion back.</summary>
    internal void Undelete()
    {
        lock (_gate)
        {
            if (_closed == Deleted)
                _closed = null;
        }
    }

    private async Task<FlushReport> EndAsync(RunEnd end, CancellationToken cancellationToken)
    {
        if (!_owned)
            throw new InvalidOperationException(
                $"Run {Id} ('{Name}') was joined; only the client that started or reopened it ends it. Dispose this handle instead.");
        if (!Close(HasEnded(end.Status)))
        {
            if (_closed == HasEnded(end.Status))
                return await _tracker.DrainAsync(cancellationToken).ConfigureAwait(false);
            ThrowIfClosed();
        }

        EndWatches();
        _tracker.EndContext(Id);
        using var activity = TrackingDiagnostics.Activities.StartActivity("mlops.run.end");
        activity?.SetTag("mlops.run.status", end.Status.ToString());
        try
        {
            await Captured.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // whoever will not wait for the context will not wait for the store either; the end is written all the same
        }

        _tracker.WriteEnd(this, end);
        return await _tracker.DrainAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string HasEnded(RunStatus status) => $"has ended as {status}; ReopenRunAsync lets it go on.";

    private static string Shorten(Exception exception) => EntityText.Cut(Redactor.Redact(exception.ToString()), MaxErrorLength);
}

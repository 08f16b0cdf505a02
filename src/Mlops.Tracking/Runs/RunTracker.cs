using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Starts, reopens and ends runs over a store, through a journal of its own. Opening it also recovers what dead writers left.
/// Thread-safe. Dispose it: that ends the runs that are still open and waits for the store, up to the flush bound.
/// </summary>
public sealed partial class RunTracker : IAsyncDisposable
{
    private readonly IMetadataStore _store;
    private readonly TrackingOptions _options;
    private readonly IdGenerator _ids;
    private readonly WriterFolder _folder;
    private readonly SegmentSupply _supply;
    private readonly Journal _journal;
    private readonly Drainer _drainer;
    private readonly LostRuns _lost;
    private readonly Housekeeping _housekeeping;
    private readonly ContextCapture _context;
    private readonly SystemSampler? _sampler;
    private readonly ConcurrentDictionary<RunId, ActiveRun> _active = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _sweepTimer;
    private readonly Task _recovery;
    private readonly ConcurrentQueue<JournalRecovery> _recovered = new();
    private readonly ConcurrentDictionary<RunId, long> _droppedBefore = new();
    private long _dropped;
    private long _droppedBatches;
    private Task _sweep = Task.CompletedTask;
    private volatile bool _isJournalLeft;
    private volatile bool _disposed;

    /// <summary>Opens a tracker; the journals of dead writers are recovered in the background (see <see cref="RecoverAsync"/>).</summary>
    /// <param name="store">Where records and points go.</param>
    /// <param name="content">Where artifacts go.</param>
    /// <param name="options">How to track.</param>
    /// <param name="logger">Told of trouble.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="StorageUnavailableException">The journal's folder cannot be used.</exception>
    public RunTracker(IMetadataStore store, ContentStore content, TrackingOptions options, ILogger logger)
        : this(store, content, options, logger, createSegment: null)
    {
    }

    internal RunTracker(
        IMetadataStore store,
        ContentStore content,
        TrackingOptions options,
        ILogger logger,
        Func<string, int, SegmentMemory>? createSegment,
        Func<GpuDriver?>? gpu = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(logger);
        options.Validate();
        _store = store;
        _options = options;
        _ids = new IdGenerator(options.Time);
        Context = new MetadataContext(store, content, options.Actor, options.Time, FlushAsync);
        Context.RunStaged += OnRunStaged;
        Runs = new RunCatalog(Context);
        logger = Logger = new QuietLogger(logger);
        Writer = _ids.Next();
        _lost = new LostRuns(store, Runs, Writer, options, logger);

        // what others left is no concern of this client's journal, so it is looked for while that is made
        _recovery = Task.Run(RecoverAndSweepAsync, _stop.Token);
        try
        {
            _folder = WriterFolder.Create(options.JournalPath, Writer);
            Content = new ContentSpool(_folder.Path, content, logger);
            _supply = new SegmentSupply(_folder.Path, options.JournalBoundBytes, () => _drainer?.Wake(), createSegment);
        }
        catch
        {
            // the caller closes the store, which nobody may be reading then
            _stop.Cancel();
            ((IAsyncResult)_recovery).AsyncWaitHandle.WaitOne();
            throw;
        }

        _journal = new Journal(_supply, Writer, options.Time);
        _housekeeping = new Housekeeping(store, Writer, OpenRuns, () => _supply.Gaps, options, logger);
        var drain = new JournalDrain(store, Content, Writer, options.Actor, options.Time, logger, _journal.Oldest, _housekeeping);
        _drainer = new Drainer(_journal, drain, options, _housekeeping.LookInterval, logger, OnCommitted);
        _context = new ContextCapture(options.Context, _ids, logger);
        if (options.Context.IsOn && !options.Context.Off.Contains(BuiltInContext.System))
            _sampler = new SystemSampler(OpenRuns, options.Time, logger, gpu: gpu);
        _sweepTimer = options.Time.CreateTimer(_ => SweepAgain(), null, options.LeaseTime / 2, options.LeaseTime / 2);
    }

    /// <summary>The id of this client as a writer, which owns the runs it starts.</summary>
    public RecordId Writer { get; }

    /// <summary>What catalogs beside this tracker work with: they flush it first, and its handles notice what they delete.</summary>
    public MetadataContext Context { get; }

    internal ContentSpool Content { get; }

    internal RunCatalog Runs { get; }

    internal ILogger Logger { get; }

    // a store that never opened is away, though nothing was tried on it yet
    private Exception? Trouble => _drainer.LastError ?? (_store as DeferredMetadataStore)?.Absence;

    /// <summary>How far the store is behind, now. It answers at once, whatever the store does.</summary>
    public TrackingStatus Status => new(
        Math.Max(0, _journal.Position - _drainer.Drained),
        _supply.FileBytes,
        _options.JournalBoundBytes,
        Interlocked.Read(ref _dropped),
        _drainer.CaughtUp,
        Trouble);

    /// <summary>The journals of all clients of this store on this machine, this one's among them.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public IReadOnlyList<JournalFolder> ListJournals() => [.. WriterFolder.List(_options.JournalPath)];

    /// <summary>
    /// Waits until the journals that dead writers left are in the store and runs without an owner are marked, and tells what
    /// this client found in them so far. One that cannot be moved now, because the store is away, is told in the log, stays, and
    /// is tried again by the next call and every half <see cref="TrackingOptions.LeaseTime"/>.
    /// </summary>
    public async Task<IReadOnlyList<JournalRecovery>> RecoverAsync(CancellationToken cancellationToken = default)
    {
        var isFirst = !_recovery.IsCompleted;
        await _recovery.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!isFirst && _isJournalLeft)
            await SweepAgain().WaitAsync(cancellationToken).ConfigureAwait(false);
        return [.. _recovered];
    }

    /// <summary>
    /// Starts a run in the experiment of this name, which is created on first use. The start is in the journal when this returns;
    /// the store is not waited for.
    /// </summary>
    /// <param name="experiment">1 to 500 characters, no control characters.</param>
    /// <param name="options">Name, parent, tags and parameters.</param>
    /// <param name="cancellationToken">Cancels before the run starts.</param>
    /// <exception cref="ArgumentException">A name is not allowed, or the parent id is <c>default</c>.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public Task<ActiveRun> StartRunAsync(string experiment, RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(RunTracker));
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Start(experiment, options ?? new RunOptions(), []));
    }

    /// <summary>
    /// Runs a training as a run and ends it truthfully: FINISHED if <paramref name="body"/> returns, KILLED if it is cancelled
    /// by <paramref name="cancellationToken"/> or a watch of the run, whose finding is then the error's text, FAILED if it throws; what it
    /// throws comes out.
    /// </summary>
    /// <inheritdoc cref="StartRunAsync"/>
    public async Task RunAsync(
        string experiment,
        Func<ActiveRun, CancellationToken, Task> body,
        RunOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        var run = await StartRunAsync(experiment, options, cancellationToken).ConfigureAwait(false);
        await using (run.ConfigureAwait(false))
        {
            try
            {
                await body(run, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // a run that the body ended itself keeps that end
                if (run.IsClosed)
                    throw;
                await run.EndByAsync(e, cancellationToken).ConfigureAwait(false);
                throw;
            }

            if (!run.IsClosed)
                await run.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <inheritdoc cref="RunAsync(string, Func{ActiveRun, CancellationToken, Task}, RunOptions?, CancellationToken)"/>
    public Task RunAsync(
        string experiment, Func<ActiveRun, Task> body, RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        return RunAsync(experiment, (run, _) => body(run), options, cancellationToken);
    }

    /// <summary>Lets a run that has ended go on, as RUNNING and owned by this client; it must be ended again.</summary>
    /// <exception cref="NotFoundException">There is no such run.</exception>
    /// <exception cref="InvalidOperationException">The run is running, or deleted.</exception>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task<ActiveRun> ReopenRunAsync(RunId id, CancellationToken cancellationToken = default)
    {
        var run = await GetRunAsync(id, cancellationToken).ConfigureAwait(false);
        if (run.Status == RunStatus.Running)
            throw new InvalidOperationException(
                $"Run {id} is running, owned by client {run.Owner}. JoinRunAsync logs to it; reopening is for runs that have ended.");
        return await AttachAsync(run, owned: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Logs to a running run of another process. This client does not own it: disposing the handle flushes and leaves the run as
    /// it is.
    /// </summary>
    /// <exception cref="NotFoundException">There is no such run, or its owner has not flushed it yet.</exception>
    /// <exception cref="InvalidOperationException">The run has ended, or is deleted.</exception>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task<ActiveRun> JoinRunAsync(RunId id, CancellationToken cancellationToken = default)
    {
        var run = await GetRunAsync(id, cancellationToken).ConfigureAwait(false);
        if (run.Status is not (RunStatus.Running or RunStatus.Scheduled))
            throw new InvalidOperationException($"Run {id} has ended as {run.Status}. ReopenRunAsync lets it go on.");
        return await AttachAsync(run, owned: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until everything logged so far is durable and queryable, or until the flush bound has passed.</summary>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public Task<FlushReport> FlushAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(RunTracker));
        return DrainAsync(cancellationToken);
    }

    internal async Task<FlushReport> DrainAsync(CancellationToken cancellationToken)
    {
        var position = _journal.Position;
        var done = await _drainer.WaitAsync(position, _options.FlushBound, cancellationToken).ConfigureAwait(false);
        var pending = done ? 0 : position - _drainer.Drained;
        if (!done)
            TrackingLog.LeftBehind(Logger, _options.FlushBound, pending, _folder.Path);
        var lost = _drainer.Refused + Interlocked.Read(ref _droppedBatches) + Content.Lost;
        var dropped = Interlocked.Read(ref _dropped);
        return new FlushReport(done && lost + dropped == 0, pending, dropped, lost, done ? null : Trouble);
    }
}

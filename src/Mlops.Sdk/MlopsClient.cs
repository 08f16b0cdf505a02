using Microsoft.Extensions.Logging;
using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;

namespace Mlops.Sdk;

/// <summary>
/// The front door: starts runs, and reads what the store holds. Open one per process and share it; all members are
/// thread-safe, and many processes may open one store at once. Dispose it: that ends open runs and waits for the store, up to
/// <see cref="MlopsOptions.FlushBound"/>.
/// </summary>
public sealed partial class MlopsClient : IAsyncDisposable
{
    private readonly IMetadataStore _store;
    private readonly ContentStore _content;
    private readonly RunTracker _tracker;
    private readonly MlopsOptions _options;
    private readonly string _journalPath;
    private readonly ILogger _logger;

    private MlopsClient(
        StoreLocation location, IMetadataStore store, ContentStore content, RunTracker tracker, MlopsOptions options, ILogger logger)
    {
        _store = store;
        _content = content;
        _options = options;
        _tracker = tracker;
        _logger = logger;
        _journalPath = location.JournalPath;
        Location = location.Name;
        Context = tracker.Context;
        Runs = new RunCatalog(Context);
        Experiments = new ExperimentCatalog(Context);
    }

    /// <summary>The folder of the store, or where else it is; no secret.</summary>
    public string Location { get; }

    /// <summary>What packages beside this one work with.</summary>
    public MetadataContext Context { get; }

    /// <summary>Reads runs, their curves and their artifacts, edits and deletes them, and follows them live.</summary>
    public RunCatalog Runs { get; }

    /// <summary>Reads, edits and deletes experiments, and finds their last and best runs.</summary>
    public ExperimentCatalog Experiments { get; }

    /// <summary>
    /// Opens the store, creates it if there is none, and moves into it what clients that died left in their journals. A store on
    /// another system may be away: then the client opens all the same, logs into its journal, and moves everything once the store
    /// is back.
    /// </summary>
    /// <param name="options">Where and how; by default the nearest <c>.mlops</c> here or above, or <c>MLOPS_URI</c>.</param>
    /// <param name="cancellationToken">Cancels the opening; the store stays as it was.</param>
    /// <exception cref="ArgumentException">An option is outside its range; the message names it.</exception>
    /// <exception cref="StorageUnavailableException">
    /// The folder cannot be written, or is on a network file system; or the server refuses user, database or rights.
    /// </exception>
    /// <exception cref="StoreVersionException">The store was written by a newer release.</exception>
    /// <exception cref="IntegrityException">The store's file is damaged.</exception>
    public static async Task<MlopsClient> OpenAsync(MlopsOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var client = Open(options ?? new MlopsOptions());
        try
        {
            if (await client.TryReachAsync(cancellationToken).ConfigureAwait(false))
                await client.RecoverAsync(cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc cref="RunTracker.RecoverAsync"/>
    public Task<IReadOnlyList<JournalRecovery>> RecoverAsync(CancellationToken cancellationToken = default) =>
        _tracker.RecoverAsync(cancellationToken);

    /// <inheritdoc cref="RunTracker.StartRunAsync"/>
    public Task<ActiveRun> StartRunAsync(string experiment, RunOptions? options = null, CancellationToken cancellationToken = default) =>
        _tracker.StartRunAsync(experiment, options, cancellationToken);

    /// <inheritdoc cref="RunTracker.RunAsync(string, Func{ActiveRun, CancellationToken, Task}, RunOptions?, CancellationToken)"/>
    public Task RunAsync(
        string experiment,
        Func<ActiveRun, CancellationToken, Task> body,
        RunOptions? options = null,
        CancellationToken cancellationToken = default) =>
        _tracker.RunAsync(experiment, body, options, cancellationToken);

    /// <inheritdoc cref="RunTracker.RunAsync(string, Func{ActiveRun, CancellationToken, Task}, RunOptions?, CancellationToken)"/>
    public Task RunAsync(
        string experiment, Func<ActiveRun, Task> body, RunOptions? options = null, CancellationToken cancellationToken = default) =>
        _tracker.RunAsync(experiment, body, options, cancellationToken);

    /// <inheritdoc cref="RunTracker.ReopenRunAsync"/>
    public Task<ActiveRun> ReopenRunAsync(RunId id, CancellationToken cancellationToken = default) =>
        _tracker.ReopenRunAsync(id, cancellationToken);

    /// <inheritdoc cref="RunTracker.JoinRunAsync"/>
    public Task<ActiveRun> JoinRunAsync(RunId id, CancellationToken cancellationToken = default) =>
        _tracker.JoinRunAsync(id, cancellationToken);

    /// <inheritdoc cref="RunTracker.ForkRunAsync"/>
    public Task<ActiveRun> ForkRunAsync(
        RunId source, long step, RunOptions? options = null, CancellationToken cancellationToken = default) =>
        _tracker.ForkRunAsync(source, step, options, cancellationToken);

    /// <inheritdoc cref="RunTracker.Status"/>
    public TrackingStatus Status => _tracker.Status;

    /// <inheritdoc cref="RunTracker.FlushAsync"/>
    public Task<FlushReport> FlushAsync(CancellationToken cancellationToken = default) => _tracker.FlushAsync(cancellationToken);

    /// <summary>
    /// Checks the whole store: the database's own structures, every chain of the log, every field against the log, and every
    /// block of every series. Flushes first.
    /// </summary>
    /// <param name="checkpoint">A checkpoint kept outside the store, up to which nothing must have changed.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<VerificationReport> VerifyAsync(Checkpoint? checkpoint = null, CancellationToken cancellationToken = default)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        return await _store.VerifyAsync(checkpoint, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The present state of the whole log, to be kept outside the store: <see cref="VerifyAsync"/> proves with it that nothing up
    /// to here was changed later. Flushes first.
    /// </summary>
    public async Task<Checkpoint> CreateCheckpointAsync(CancellationToken cancellationToken = default)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        return await _store.CreateCheckpointAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _tracker.DisposeAsync().ConfigureAwait(false);
        await _store.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Opens without waiting for the recovery, which goes on in the background; the door of dependency injection.</summary>
    internal static MlopsClient Open(MlopsOptions options)
    {
        var location = StoreLocation.Resolve(options, Environment.CurrentDirectory, Environment.GetEnvironmentVariable(StoreLocation.Variable));
        var tracking = new TrackingOptions
        {
            JournalPath = location.JournalPath,
            Time = options.Time,
            DrainInterval = options.DrainInterval,
            JournalBoundBytes = options.JournalBoundBytes,
            FlushBound = options.FlushBound,
            LeaseTime = options.LeaseTime,
            Context = options.Context,
        };
        if (options.Actor is { } actor)
            tracking = tracking with { Actor = actor };
        tracking.Validate();
        return location.Metadata is { } metadata
            ? Open(location, new DeferredMetadataStore(metadata, options.Time), options, tracking)
            : OpenFolder(location, options, tracking);
    }

    private static MlopsClient OpenFolder(StoreLocation location, MlopsOptions options, TrackingOptions tracking)
    {
        CreateFolder(location.Name);
        var store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(location.Name, "mlops.db"), Time = options.Time });
        try
        {
            var client = Open(location, store, options, tracking);
            SdkLog.Opened(client._logger, location.Name, store.Info.StoreId);
            return client;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private static MlopsClient Open(StoreLocation location, IMetadataStore store, MlopsOptions options, TrackingOptions tracking)
    {
        var objects = location.Objects?.Open(options.Time) ?? new FolderObjectStore(Path.Combine(location.Name, "objects"), options.Time);
        var content = new ContentStore(objects, store, options.Time, location.JournalPath);
        var logger = options.LoggerFactory.CreateLogger<MlopsClient>();
        return new MlopsClient(location, store, content, new RunTracker(store, content, tracking, logger), options, logger);
    }

    /// <summary>False if the store is on another system and away at the moment.</summary>
    private async Task<bool> TryReachAsync(CancellationToken cancellationToken)
    {
        if (_store is not DeferredMetadataStore deferred)
            return true;
        try
        {
            var store = await deferred.OpenAsync(cancellationToken).ConfigureAwait(false);
            SdkLog.Opened(_logger, Location, store.Info.StoreId);
            return true;
        }
        catch (StorageUnavailableException e) when (!e.NeedsRepair)
        {
            SdkLog.Away(_logger, Location, e);
            return false;
        }
    }

    private static void CreateFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException(
                $"The store's folder {folder} cannot be created: {e.Message} Set MlopsOptions.Path or MLOPS_URI to a writable local folder.", e);
        }
    }
}

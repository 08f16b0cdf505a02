using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Sdk;

public sealed partial class MlopsClient
{
    /// <summary>
    /// Backs a folder store up, as it is at one instant, while it is read and written by whichever process. The result is a
    /// folder with database, objects and a manifest; a second backup into it copies only objects that it lacks. Flushes first, so
    /// that it holds what this client has logged.
    /// </summary>
    /// <param name="folder">The backup; created if absent.</param>
    /// <param name="progress">Told the share that is done, 0 to 1.</param>
    /// <param name="cancellationToken">Cancels; then the folder has no manifest and is no whole backup.</param>
    /// <exception cref="NotSupportedException">The store is a server's, which has tools of its own (docs/postgresql.md).</exception>
    /// <exception cref="ConflictException">The folder is a store, not a backup.</exception>
    /// <exception cref="StoreVersionException">The folder is a backup of a newer release.</exception>
    /// <exception cref="StorageUnavailableException">
    /// The folder cannot be written, or its disk is full; or what this client has logged did not reach the store within
    /// <see cref="MlopsOptions.FlushBound"/>, and then nothing was written.
    /// </exception>
    public async Task<BackupReport> BackupAsync(string folder, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (_store is not SqliteMetadataStore store)
            throw new NotSupportedException($"The store {Location} is backed up by its database's own tools, and the objects beside it; see docs/postgresql.md.");
        await RequireFlushAsync("backed up", cancellationToken).ConfigureAwait(false);
        try
        {
            return await _content.HoldAsync(
                () => StoreBackup.BackupAsync(store, _content.Objects, Path.GetFullPath(folder), _options.Time, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException($"The backup at '{folder}' cannot be written: {e.Message} Free space, allow writing, or name another folder.", e);
        }
    }

    /// <summary>
    /// Makes a store of a backup, checked on the way: every record against the log, the log against the manifest, every object
    /// against its digest. The store appears whole or not at all, and keeps its id. What the store had lost before it was backed up
    /// is named again in <see cref="BackupReport.Problems"/>, and no error.
    /// </summary>
    /// <param name="backup">A folder that <see cref="BackupAsync"/> made.</param>
    /// <param name="folder">Where the store shall be; absent or empty.</param>
    /// <param name="progress">Told the share that is done, 0 to 1.</param>
    /// <param name="cancellationToken">Cancels; then the folder is as it was.</param>
    /// <exception cref="IntegrityException">The backup is not whole, or was damaged since it was taken; there is no new folder.</exception>
    /// <exception cref="StoreVersionException">The backup was written by a newer release.</exception>
    /// <exception cref="ConflictException">The folder is not empty.</exception>
    /// <exception cref="StorageUnavailableException">The backup cannot be read, or the folder cannot be written, or its disk is full.</exception>
    public static async Task<BackupReport> RestoreAsync(
        string backup, string folder, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(backup);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        try
        {
            return await StoreBackup.RestoreAsync(
                Path.GetFullPath(backup), Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)), TimeProvider.System, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException(
                $"The backup '{backup}' cannot be restored to '{folder}': {e.Message} Free space, allow reading the one and writing the other, or name another folder.", e);
        }
    }

    /// <summary>
    /// Looks at everything a store consists of: its structures and its log, the objects that it names, the journals on this
    /// machine, and the disk. Changes nothing. What cannot be looked at is a finding, and the rest is looked at all the same.
    /// </summary>
    /// <param name="readsObjects">Whether objects are read and compared with their digests; otherwise only whether they are there.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<CheckReport> CheckAsync(bool readsObjects = false, CancellationToken cancellationToken = default)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        return await new StoreCheck(_store, _content, _tracker, _journalPath).RunAsync(readsObjects, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Frees the space of contents that no run names any more, such as those of purged runs. In two steps: a first run condemns
    /// them, one after the grace deletes them, so that whoever stores the same content meanwhile loses nothing; their packs go the
    /// same way after them. A dry run by default, which says what would be done. Flushes first.
    /// </summary>
    /// <param name="options">Whether really, and after how long; a dry run when null.</param>
    /// <param name="cancellationToken">Cancels; what was deleted is gone, the rest is as before.</param>
    /// <exception cref="ConflictException">Another collection is under way.</exception>
    /// <exception cref="StorageUnavailableException">A store is away, or the machine slept so long that another collection may have begun; begin again.</exception>
    /// <exception cref="IntegrityException">What is in use is not known, because the list of the chunks of a content is damaged; nothing was deleted.</exception>
    public async Task<GarbageReport> CollectGarbageAsync(GarbageOptions? options = null, CancellationToken cancellationToken = default)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        return await _content.CollectGarbageAsync(options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Reads stored objects and checks every byte, going on where the last scrub ended, so that a little each day reads all. What
    /// is damaged is put into quarantine, and storing the same content again repairs it.
    /// </summary>
    /// <param name="budgetBytes">How many bytes to read, at least 1.</param>
    /// <param name="progress">Told the bytes read so far.</param>
    /// <param name="cancellationToken">Cancels; the next scrub begins where this one did.</param>
    public Task<ScrubReport> ScrubAsync(long budgetBytes, IProgress<long>? progress = null, CancellationToken cancellationToken = default) =>
        _content.ScrubAsync(budgetBytes, progress, cancellationToken);

    /// <summary>Brings into the index of contents what the packs hold and it does not have; needed only after it was lost.</summary>
    /// <param name="cancellationToken">Cancels; what was found stays.</param>
    /// <exception cref="ConflictException">A collection of garbage is under way.</exception>
    public Task<IndexRebuildReport> RebuildContentIndexAsync(CancellationToken cancellationToken = default) =>
        _content.RebuildIndexAsync(cancellationToken);

    /// <summary>
    /// Brings another store to what this one holds, such as a team's from a laptop's, or back. An interrupted copy is begun
    /// again; one that finds nothing new is short. Flushes first, so that the target gets what this client has logged.
    /// </summary>
    /// <param name="target">A client of the other store.</param>
    /// <param name="progress">Told now and then how far it is.</param>
    /// <param name="cancellationToken">Cancels; what was copied stays.</param>
    /// <exception cref="ArgumentException">It is the same store.</exception>
    /// <exception cref="ConflictException">Another copy of this store to that one is under way.</exception>
    /// <exception cref="StorageUnavailableException">
    /// One of the stores cannot be used; or what this client has logged did not reach its store within
    /// <see cref="MlopsOptions.FlushBound"/>, and then nothing was copied.
    /// </exception>
    public async Task<CopyReport> CopyToAsync(
        MlopsClient target, IProgress<CopyProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        await RequireFlushAsync("copied", cancellationToken).ConfigureAwait(false);
        var actor = _options.Actor ?? Environment.UserName;
        return await new StoreCopy(_store, _content, target._store, target._content, actor, _options.Time)
            .RunAsync(progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Flushes for what takes the store elsewhere: without what waits in the journal it would not be what its user means.</summary>
    private async Task RequireFlushAsync(string done, CancellationToken cancellationToken)
    {
        // what was refused for good is nowhere, and no reason to take nothing elsewhere
        if (await FlushAsync(cancellationToken).ConfigureAwait(false) is not { Pending: > 0 } flush)
            return;
        throw new StorageUnavailableException(
            $"{flush.Pending} slots of what this client logged did not reach the store {Location} within {_options.FlushBound}, so nothing was {done}: "
            + $"{flush.Cause?.Message ?? "the store is slow or busy."} What was logged waits in the journal; begin again once Status says that the store has caught up, or do it by another client, without what waits.",
            flush.Cause);
    }
}

namespace Mlops.Storage.Sqlite;

public sealed partial class SqliteMetadataStore
{
    /// <summary>
    /// Copies the store, as it is at one instant, to a new file, while it is read and written by whichever process. The copy is a
    /// store of the same id and is on the disk when this returns.
    /// </summary>
    /// <param name="path">The file, in a folder that exists; it may be on another disk.</param>
    /// <param name="progress">Told the share that is copied, 0 to 1.</param>
    /// <param name="cancellationToken">Cancels; then there is no file.</param>
    /// <exception cref="ConflictException">There is a file of that name.</exception>
    /// <exception cref="StorageUnavailableException">The file cannot be written, or its disk is full.</exception>
    /// <exception cref="IntegrityException">The store is damaged where it was read.</exception>
    public Task<StoreSnapshot> BackupAsync(string path, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ThrowIfDisposed();
        return Task.Run(
            () => _readers.Read(s =>
            {
                var checkpoint = new Checkpoint(s.Log.LastPosition(), s.Log.Root());
                var snapshot = new StoreSnapshot(checkpoint, s.Scalar("SELECT count(*) FROM records")!.Value, DigestList.Read(s, cancellationToken));
                FileCopy.Write(s, Path.GetFullPath(path), progress, cancellationToken);
                return snapshot;
            }),
            cancellationToken);
    }
}

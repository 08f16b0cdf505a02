using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Sdk;

/// <summary>
/// Backups of a folder store: a folder like it, with a manifest. The database is copied first, as it is at one instant, and then
/// the objects that it names, which were stored before (W1).
/// </summary>
internal static class StoreBackup
{
    private const string Database = "mlops.db";
    private const string Unfinished = "backup.unfinished";

    public static async Task<BackupReport> BackupAsync(
        SqliteMetadataStore store, IObjectStore objects, string folder, TimeProvider time, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var vouches = await BackupManifest.VouchesAsync(folder, cancellationToken).ConfigureAwait(false);
        Begin(folder);
        var partial = Path.Combine(folder, Database + ".partial");
        File.Delete(partial);
        var half = progress is null ? null : new Part(progress, 0, 0.5);
        var snapshot = await store.BackupAsync(partial, half, cancellationToken).ConfigureAwait(false);
        foreach (var old in new[] { "-wal", "-shm" })
            File.Delete(Path.Combine(folder, Database + old));
        File.Move(partial, Path.Combine(folder, Database), overwrite: true);
        DurableFile.FlushDirectory(folder);

        // a manifest without problems vouches for the objects that it found; otherwise each that is there is read and compared
        var report = await CopyAsync(objects, folder, snapshot.Digests, snapshot.Records, vouches, time, progress, cancellationToken).ConfigureAwait(false);
        await BackupManifest.Of(store.Info.StoreId, time.GetUtcNow(), snapshot.Checkpoint, snapshot.Records, snapshot.Digests.Count, report.Problems)
            .WriteAsync(folder, cancellationToken).ConfigureAwait(false);
        File.Delete(Path.Combine(folder, Unfinished));
        return report;
    }

    /// <summary>
    /// Marks the folder as a backup that is under way, and takes away the manifest of an earlier one, each on the disk before the
    /// next step: at every instant it is a whole backup, or marked, or no backup.
    /// </summary>
    /// <exception cref="ConflictException">It may be a store.</exception>
    private static void Begin(string folder)
    {
        var manifest = Path.Combine(folder, BackupManifest.FileName);
        var marker = Path.Combine(folder, Unfinished);
        var isBackup = File.Exists(manifest) || File.Exists(marker);
        if (Directory.Exists(Path.Combine(folder, "journal")) || (!isBackup && File.Exists(Path.Combine(folder, Database))))
            throw new ConflictException($"'{folder}' is a store, not a backup; name another folder.");

        DurableFile.CreateDirectory(folder);
        using (var file = new FileStream(marker, FileMode.Create))
            DurableFile.Flush(file);
        DurableFile.FlushDirectory(folder);
        File.Delete(manifest);
        DurableFile.FlushDirectory(folder);
    }

    public static async Task<BackupReport> RestoreAsync(
        string backup, string folder, TimeProvider time, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var manifest = await BackupManifest.ReadAsync(backup, cancellationToken).ConfigureAwait(false);
        if (!File.Exists(Path.Combine(backup, Database)))
            throw new IntegrityException($"The backup '{backup}' is not whole: it has no {Database}. Take another.");
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new ConflictException($"'{folder}' is not empty; restore into a new folder, then move it.");

        // built aside, so that nobody opens a half restored store
        var aside = folder + ".restoring";
        if (Directory.Exists(aside))
            Directory.Delete(aside, recursive: true);
        DurableFile.CreateDirectory(aside);
        try
        {
            var report = await FillAsync(manifest, backup, aside, time, progress, cancellationToken).ConfigureAwait(false);
            if (report.Problems.FirstOrDefault(p => !manifest.Knows(p)) is { } damage)
            {
                throw new IntegrityException(
                    $"The backup '{backup}' is damaged: {damage} Restore another; if there is none, a copy of the folder can be opened as a store, and keeps what can be read.");
            }

            DurableFile.FlushDirectory(aside);
            if (Directory.Exists(folder))
                Directory.Delete(folder);
            Directory.Move(aside, folder);
            DurableFile.FlushDirectory(Path.GetDirectoryName(folder)!);
            return report;
        }
        catch when (Directory.Exists(aside))
        {
            Directory.Delete(aside, recursive: true);
            throw;
        }
    }

    private static async Task<BackupReport> FillAsync(
        BackupManifest manifest, string backup, string aside, TimeProvider time, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using (var source = new FileStream(Path.Combine(backup, Database), FileMode.Open, FileAccess.Read))
        using (var copy = new FileStream(Path.Combine(aside, Database), FileMode.CreateNew, FileAccess.Write))
        {
            await source.CopyToAsync(copy, cancellationToken).ConfigureAwait(false);
            DurableFile.Flush(copy);
        }

        IReadOnlySet<Digest> digests;
        long records;
        var store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(aside, Database), Time = time });
        await using (store.ConfigureAwait(false))
        {
            var verified = await store.VerifyAsync(manifest.Checkpoint, cancellationToken).ConfigureAwait(false);
            if (!verified.IsSound || verified.CheckpointMatches != true)
                throw new IntegrityException($"The backup '{backup}' is damaged: {(verified.Problems is [var first, ..] ? first : "its log is not the one of its manifest")}. Take another.");
            records = verified.Records;
            digests = await DigestScan.ReadAsync(store, cancellationToken).ConfigureAwait(false);
        }

        return await CopyAsync(Objects(backup, time), aside, digests, records, trustsPresent: false, time, progress, cancellationToken).ConfigureAwait(false);
    }

    private static FolderObjectStore Objects(string folder, TimeProvider time) => new(Path.Combine(folder, "objects"), time);

    /// <summary>Copies what the copied database names, by its own index of contents.</summary>
    private static async Task<BackupReport> CopyAsync(
        IObjectStore from, string folder, IReadOnlySet<Digest> digests, long records, bool trustsPresent, TimeProvider time, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var index = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(folder, Database), Time = time });
        await using (index.ConfigureAwait(false))
        {
            var half = progress is null ? null : new Part(progress, 0.5, 0.5);
            var report = await new ContentStore(from, index, time)
                .CopyObjectsAsync(Objects(folder, time), digests, trustsPresent, half, cancellationToken).ConfigureAwait(false);
            return new BackupReport(records, report.Objects, report.CopiedObjects, report.CopiedBytes, report.Problems);
        }
    }

    private sealed class Part(IProgress<double> whole, double from, double share) : IProgress<double>
    {
        public void Report(double value) => whole.Report(from + (share * value));
    }
}

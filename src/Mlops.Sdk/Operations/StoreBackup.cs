using System.Collections.Concurrent;
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
    private const int AtATime = 16;

    public static async Task<BackupReport> BackupAsync(
        SqliteMetadataStore store, ContentStore content, string folder, TimeProvider time, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        if (File.Exists(Path.Combine(folder, Database)) && !File.Exists(Path.Combine(folder, BackupManifest.FileName)) && Directory.Exists(Path.Combine(folder, "journal")))
            throw new ConflictException($"'{folder}' is a store, not a backup; name another folder.");

        // from here until the end this is no whole backup
        File.Delete(Path.Combine(folder, BackupManifest.FileName));
        var partial = Path.Combine(folder, Database + ".partial");
        File.Delete(partial);
        var half = progress is null ? null : new Part(progress, 0, 0.5);
        var snapshot = await store.BackupAsync(partial, half, cancellationToken).ConfigureAwait(false);
        foreach (var old in new[] { Database, Database + "-wal", Database + "-shm" })
            File.Delete(Path.Combine(folder, old));
        File.Move(partial, Path.Combine(folder, Database));

        var report = await CopyAsync(content, Content(folder, time), snapshot.Digests, snapshot.Records, progress, cancellationToken).ConfigureAwait(false);
        await BackupManifest.Of(store.Info.StoreId, time.GetUtcNow(), snapshot.Checkpoint, snapshot.Records, snapshot.Digests.Count)
            .WriteAsync(folder, cancellationToken).ConfigureAwait(false);
        return report;
    }

    public static async Task<BackupReport> RestoreAsync(
        string backup, string folder, TimeProvider time, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var manifest = await BackupManifest.ReadAsync(backup, cancellationToken).ConfigureAwait(false);
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new ConflictException($"'{folder}' is not empty; restore into a new folder, then move it.");

        // built aside, so that nobody opens a half restored store
        var aside = folder + ".restoring";
        if (Directory.Exists(aside))
            Directory.Delete(aside, recursive: true);
        Directory.CreateDirectory(aside);
        try
        {
            var report = await FillAsync(manifest, backup, aside, time, progress, cancellationToken).ConfigureAwait(false);
            if (Directory.Exists(folder))
                Directory.Delete(folder);
            Directory.Move(aside, folder);
            return report;
        }
        catch
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
            copy.Flush(flushToDisk: true);
        }

        var store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(aside, Database), Time = time });
        await using (store.ConfigureAwait(false))
        {
            var verified = await store.VerifyAsync(manifest.Checkpoint, cancellationToken).ConfigureAwait(false);
            if (!verified.IsSound || verified.CheckpointMatches != true)
                throw new IntegrityException($"The backup '{backup}' is damaged: {(verified.Problems is [var first, ..] ? first : "its log is not the one of its manifest")}. Take another.");
            var digests = await DigestScan.ReadAsync(store, cancellationToken).ConfigureAwait(false);
            return await CopyAsync(Content(backup, time), Content(aside, time), digests, verified.Records, progress, cancellationToken).ConfigureAwait(false);
        }
    }

    private static ContentStore Content(string folder, TimeProvider time) => new(new FolderObjectStore(Path.Combine(folder, "objects"), time));

    private static async Task<BackupReport> CopyAsync(
        ContentStore from, ContentStore to, IReadOnlySet<Digest> digests, long records, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        ConcurrentBag<string> problems = [];
        long done = 0, copied = 0, bytes = 0;
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(digests, options, async (digest, token) =>
        {
            try
            {
                if (!await to.ExistsAsync(digest, token).ConfigureAwait(false))
                {
                    var stream = await from.OpenReadAsync(digest, token).ConfigureAwait(false);
                    await using (stream.ConfigureAwait(false))
                        Interlocked.Add(ref bytes, (await to.PutAsync(stream, token).ConfigureAwait(false)).SizeBytes);
                    Interlocked.Increment(ref copied);
                }
            }
            catch (Exception e) when (e is NotFoundException or IntegrityException)
            {
                problems.Add(e.Message);
            }

            progress?.Report(0.5 + (0.5 * Interlocked.Increment(ref done) / digests.Count));
        }).ConfigureAwait(false);
        return new BackupReport(records, digests.Count, copied, bytes, [.. problems.Order(StringComparer.Ordinal)]);
    }

    private sealed class Part(IProgress<double> whole, double from, double share) : IProgress<double>
    {
        public void Report(double value) => whole.Report(from + (share * value));
    }
}

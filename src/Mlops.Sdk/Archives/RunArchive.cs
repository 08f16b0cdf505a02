using System.IO.Compression;
using System.Text.RegularExpressions;
using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Sdk;

/// <summary>
/// Some runs in one file: a zip of a backup that holds just them, so that what checks a backup checks an archive, and an archive
/// unpacked by hand is a backup.
/// </summary>
internal static partial class RunArchive
{
    private const string Database = "mlops.db";
    private const string Objects = "objects";

    public static async Task<CopyReport> ExportAsync(
        MetadataContext context, IReadOnlyList<RunId> runs, string file, IProgress<CopyProgress>? progress, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("mlops-export-").FullName;
        var partial = $"{file}.{context.Ids.Next()}.partial";
        try
        {
            var report = await CollectAsync(context, runs, folder, progress, cancellationToken).ConfigureAwait(false);
            await PackAsync(folder, partial, cancellationToken).ConfigureAwait(false);
            File.Move(partial, file, overwrite: true);
            DurableFile.FlushDirectory(Path.GetDirectoryName(file)!);
            return report;
        }
        finally
        {
            File.Delete(partial);
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Unpacks and checks the whole archive before the first record is written.</summary>
    public static async Task<CopyReport> ImportAsync(
        MetadataContext context, string file, IProgress<CopyProgress>? progress, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("mlops-import-").FullName;
        try
        {
            var packed = Path.Combine(folder, "packed");
            var restored = Path.Combine(folder, "restored");
            await UnpackAsync(file, packed, cancellationToken).ConfigureAwait(false);
            await RestoreAsync(file, packed, restored, context.Time, cancellationToken).ConfigureAwait(false);
            var store = Open(restored, context.Time);
            await using (store.ConfigureAwait(false))
            {
                return await new StoreCopy(store, Content(restored, context.Time), context.Store, context.Content, context.Actor, context.Time) { KeepsTarget = true }
                    .RunAsync(progress, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RestoreAsync(string file, string packed, string restored, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var report = await StoreBackup.RestoreAsync(packed, restored, time, progress: null, cancellationToken).ConfigureAwait(false);
            if (report.Problems.Count > 0)
                throw new IntegrityException(report.Problems[0]);
        }
        catch (IntegrityException e)
        {
            throw new IntegrityException($"The archive '{file}' is not whole; export the runs again. {e.Message}", e);
        }
    }

    private static async Task<CopyReport> CollectAsync(
        MetadataContext context, IReadOnlyList<RunId> runs, string folder, IProgress<CopyProgress>? progress, CancellationToken cancellationToken)
    {
        var records = await RunClosure.FindAsync(context.Store, runs, cancellationToken).ConfigureAwait(false);
        var store = Open(folder, context.Time);
        await using (store.ConfigureAwait(false))
        {
            var report = await new StoreCopy(context.Store, context.Content, store, Content(folder, context.Time), context.Actor, context.Time)
                .RunAsync(records, progress, cancellationToken).ConfigureAwait(false);
            if (report.Differences.Count > 0)
                throw new IntegrityException($"The runs cannot be exported whole: {report.Differences[0]}");
            var checkpoint = await store.CreateCheckpointAsync(cancellationToken).ConfigureAwait(false);
            await BackupManifest.Of(store.Info.StoreId, context.Time.GetUtcNow(), checkpoint, report.Records, (int)report.Objects, problems: [])
                .WriteAsync(folder, cancellationToken).ConfigureAwait(false);
            return report;
        }
    }

    private static async Task PackAsync(string folder, string file, CancellationToken cancellationToken)
    {
        var stream = new FileStream(file, FileMode.CreateNew, FileAccess.ReadWrite);
        await using (stream.ConfigureAwait(false))
        {
            using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            {
                foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                {
                    var name = Path.GetRelativePath(folder, path).Replace('\\', '/');
                    if (!EntryName().IsMatch(name))
                        continue;
                    var source = File.OpenRead(path);
                    await using (source.ConfigureAwait(false))
                    {
                        var entry = zip.CreateEntry(name, CompressionLevel.Fastest).Open();
                        await using (entry.ConfigureAwait(false))
                            await source.CopyToAsync(entry, cancellationToken).ConfigureAwait(false);
                    }
                }
            }

            DurableFile.Flush(stream);
        }
    }

    /// <summary>Takes only names that an archive has, each once, and no more bytes than announced and than there is room for.</summary>
    private static async Task UnpackAsync(string file, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        try
        {
            using var zip = new ZipArchive(File.OpenRead(file), ZipArchiveMode.Read);
            HashSet<string> names = new(StringComparer.Ordinal);
            if (zip.Entries.FirstOrDefault(e => !EntryName().IsMatch(e.FullName) || !names.Add(e.FullName)) is { } odd)
                throw new IntegrityException($"The archive '{file}' has the entry '{Shown(odd.FullName)}', which no archive has, or has twice. Nothing was imported.");

            // unpacked once and copied once
            var needed = 2 * zip.Entries.Sum(e => (decimal)e.Length);
            var free = new DriveInfo(folder).AvailableFreeSpace;
            if (needed > free)
                throw new StorageUnavailableException($"The archive '{file}' needs {needed} bytes in {Path.GetTempPath()}, where {free} are free. Free space, or set TMPDIR.");
            foreach (var entry in zip.Entries)
                await UnpackAsync(entry, Path.Combine(folder, entry.FullName), cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            throw new IntegrityException($"The archive '{file}' is damaged, cut short, or no archive: {e.Message} Nothing was imported.", e);
        }
    }

    private static async Task UnpackAsync(ZipArchiveEntry entry, string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var source = entry.Open();
        await using (source.ConfigureAwait(false))
        {
            var target = new FileStream(path, FileMode.CreateNew);
            await using (target.ConfigureAwait(false))
            {
                var buffer = new byte[81_920];
                for (int read; (read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
                {
                    if (target.Length + read > entry.Length)
                        throw new InvalidDataException($"'{entry.FullName}' is longer than it says.");
                    await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                }

                if (target.Length != entry.Length)
                    throw new InvalidDataException($"'{entry.FullName}' is shorter than it says.");
            }
        }
    }

    private static SqliteMetadataStore Open(string folder, TimeProvider time) =>
        SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(folder, Database), Time = time });

    private static ContentStore Content(string folder, TimeProvider time) => new(new FolderObjectStore(Path.Combine(folder, Objects), time));

    private static string Shown(string name) => name.Length > 80 ? name[..80] + "…" : name.ReplaceLineEndings(" ");

    [GeneratedRegex(@"\A(backup\.json|mlops\.db|objects/sha256/[0-9a-f]{2}/[0-9a-f]{64})\z")]
    private static partial Regex EntryName();
}

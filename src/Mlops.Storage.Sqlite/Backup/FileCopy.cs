using SQLitePCL;

namespace Mlops.Storage.Sqlite;

/// <summary>
/// Copies the file of a store page by page, as one transaction of the source sees it: commits go on meanwhile, by whichever
/// process, and neither wait nor start the copy anew. Only the write-ahead log cannot be taken back until the end.
/// </summary>
internal static class FileCopy
{
    private const int PagesPerStep = 1024;

    /// <param name="source">Inside a transaction that has read something.</param>
    /// <param name="path">The copy, which does not exist; it is on the disk when this returns, and gone if this throws.</param>
    /// <param name="progress">Told the share that is copied, up to 1.</param>
    /// <param name="cancellationToken">Cancels between two steps.</param>
    public static void Write(Session source, string path, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        if (File.Exists(path))
            throw new ConflictException($"The file '{path}' is there already; name another, or delete it.");
        try
        {
            using var target = new Session(path, new NameCache(), TimeSpan.Zero);

            // an unfinished copy is thrown away, so nothing has to be rolled back; the end is flushed all the same
            target.ExecuteScript("PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL");
            if (OperatingSystem.IsMacOS())
                target.Execute("PRAGMA fullfsync = ON");
            Write(source, target, progress, cancellationToken);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    private static void Write(Session source, Session target, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using var backup = raw.sqlite3_backup_init(target.Handle, "main", source.Handle, "main");
        if (backup.IsInvalid)
            throw target.Failure(raw.sqlite3_errcode(target.Handle));
        int code;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            code = raw.sqlite3_backup_step(backup, PagesPerStep);
            progress?.Report(1 - ((double)raw.sqlite3_backup_remaining(backup) / Math.Max(1, raw.sqlite3_backup_pagecount(backup))));
        }
        while (code == raw.SQLITE_OK);

        // the error is known to the target only once the backup is finished
        var end = raw.sqlite3_backup_finish(backup);
        if (code != raw.SQLITE_DONE || end != raw.SQLITE_OK)
            throw target.Failure(code == raw.SQLITE_DONE ? end : code);
    }
}

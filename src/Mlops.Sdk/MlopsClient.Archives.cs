using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Sdk;

public sealed partial class MlopsClient
{
    /// <summary>
    /// Writes runs into one file that another store can import: with their points and artifacts, their experiments, the runs below
    /// them, and the runs that they were forked from. Flushes first, so that it holds what this client has logged of them.
    /// </summary>
    /// <param name="file">The archive, by convention with the ending <c>.mlops.zip</c>; it appears whole or not at all, and replaces an existing one.</param>
    /// <param name="runs">At least one run.</param>
    /// <param name="progress">Told now and then how far it is.</param>
    /// <param name="cancellationToken">Cancels; then there is no new file.</param>
    /// <exception cref="NotFoundException">A run is not in the store.</exception>
    /// <exception cref="IntegrityException">Something of the runs is missing or damaged.</exception>
    /// <exception cref="StorageUnavailableException">
    /// The file cannot be written, or its disk is full; or what this client has logged did not reach the store within
    /// <see cref="MlopsOptions.FlushBound"/>, and then nothing was written.
    /// </exception>
    public async Task<CopyReport> ExportAsync(
        string file, IReadOnlyList<RunId> runs, IProgress<CopyProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        ArgumentNullException.ThrowIfNull(runs);
        if (runs.Count == 0)
            throw new ArgumentException("An archive holds at least one run.", nameof(runs));
        await RequireFlushAsync("exported", cancellationToken).ConfigureAwait(false);
        try
        {
            return await RunArchive.ExportAsync(Context, runs, Path.GetFullPath(file), progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException($"The archive '{file}' cannot be written: {e.Message} Free space, allow writing, or name another file.", e);
        }
    }

    /// <summary>Writes all runs that a query finds, however many it asks for at a time.</summary>
    /// <inheritdoc cref="ExportAsync(string, IReadOnlyList{RunId}, IProgress{CopyProgress}?, CancellationToken)"/>
    public async Task<CopyReport> ExportAsync(
        string file, RunQuery query, IProgress<CopyProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        await RequireFlushAsync("exported", cancellationToken).ConfigureAwait(false);
        List<RunId> runs = [];
        do
        {
            var page = await Runs.QueryIdsAsync(query, cancellationToken).ConfigureAwait(false);
            runs.AddRange(page.Ids);
            query = query with { Cursor = page.Next };
        }
        while (query.Cursor is not null);
        return runs.Count > 0
            ? await ExportAsync(file, runs, progress, cancellationToken).ConfigureAwait(false)
            : throw new NotFoundException("No run matches the query, so there is nothing to export.");
    }

    /// <summary>
    /// Brings the runs of an archive into this store. The archive is checked whole before anything is written. A run that the store
    /// has already stays as it is, so importing again changes nothing, and an interrupted import goes on.
    /// </summary>
    /// <param name="file">A file that <see cref="ExportAsync(string, IReadOnlyList{RunId}, IProgress{CopyProgress}?, CancellationToken)"/> wrote.</param>
    /// <param name="progress">Told now and then how far it is.</param>
    /// <param name="cancellationToken">Cancels; what was imported stays.</param>
    /// <exception cref="NotFoundException">There is no such file.</exception>
    /// <exception cref="IntegrityException">The archive is damaged, cut short, or holds what no archive does.</exception>
    /// <exception cref="StoreVersionException">The archive was written by a newer release.</exception>
    /// <exception cref="StorageUnavailableException">The store cannot be used, or the file cannot be read, or there is no room to unpack.</exception>
    public async Task<CopyReport> ImportAsync(
        string file, IProgress<CopyProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        if (!File.Exists(file))
            throw new NotFoundException($"There is no archive '{file}'. Check the path.");
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await RunArchive.ImportAsync(Context, Path.GetFullPath(file), progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException($"The archive '{file}' cannot be unpacked: {e.Message} Free space, allow reading it, or set TMPDIR.", e);
        }
    }
}

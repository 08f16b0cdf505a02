using Microsoft.Data.Sqlite;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>Imports from MLflow.</summary>
public static class MlflowImport
{
    /// <summary>
    /// Brings the experiments, runs, parameters, tags, metrics with all their points, artifacts and registered models of an MLflow
    /// store here, and reads back what it committed to compare and count it. Run ids stay. The source is never written to. An import
    /// may be interrupted and repeated: it goes on where it was, takes what is new, and takes nothing twice.
    /// </summary>
    /// <param name="context">The store to import into, for example <c>MlopsClient.Context</c>.</param>
    /// <param name="path">An <c>mlruns</c> folder or an <c>mlflow.db</c>.</param>
    /// <param name="options">Where artifacts are now.</param>
    /// <param name="progress">Told after each run.</param>
    /// <param name="cancellationToken">Cancels; what was committed stays, and the next import goes on from there.</param>
    /// <exception cref="ArgumentException">The path is neither.</exception>
    /// <exception cref="IntegrityException">The database is damaged; nothing was taken.</exception>
    /// <exception cref="StorageUnavailableException">One of the two stores cannot be read or written.</exception>
    public static async Task<MlflowImportReport> ImportMlflowAsync(
        this MetadataContext context,
        string path,
        MlflowImportOptions? options = null,
        IProgress<MlflowImportProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentException.ThrowIfNullOrEmpty(path);
        cancellationToken.ThrowIfCancellationRequested();
        var tally = new Tally();
        try
        {
            using var source = Open(Path.GetFullPath(path), tally);
            await context.FlushAsync(cancellationToken).ConfigureAwait(false);
            await ImportAsync(source, context, options ?? new MlflowImportOptions(), tally, progress, cancellationToken).ConfigureAwait(false);
            return tally.ToReport();
        }
        catch (SqliteException e)
        {
            throw SqlFile.Translate(e, path);
        }
    }

    private static IMlflowSource Open(string path, Tally tally)
    {
        if (File.Exists(path))
            return SqlSource.Open(path, tally);
        if (!Directory.Exists(path))
            throw new ArgumentException($"There is nothing at '{path}'. Pass the path of an mlflow.db or of an mlruns folder.", nameof(path));
        return IsStore(path)
            ? new FileSource(RealPath(path), tally)
            : throw new ArgumentException($"'{path}' is not an mlruns folder: no folder in it has a meta.yaml. Pass the folder that MLflow names mlruns.", nameof(path));
    }

    private static bool IsStore(string folder)
    {
        try
        {
            return FileStore.Is(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException($"The folder '{folder}' cannot be read: {e.Message}", e);
        }
    }

    // the folder that the caller names may be a link; no other is followed
    private static string RealPath(string folder)
    {
        var path = Path.TrimEndingDirectorySeparator(folder);
        return new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
    }

    private static async Task ImportAsync(
        IMlflowSource source,
        MetadataContext context,
        MlflowImportOptions options,
        Tally tally,
        IProgress<MlflowImportProgress>? progress,
        CancellationToken cancellationToken)
    {
        var experimentImport = new ExperimentImport(context, tally);
        Dictionary<string, ExperimentId> experiments = new(StringComparer.Ordinal);
        foreach (var experiment in source.Experiments())
        {
            if (await experimentImport.TakeAsync(experiment, cancellationToken).ConfigureAwait(false) is { } id)
                experiments[experiment.Id] = id;
        }

        var artifacts = new ArtifactImport(context, new ArtifactLocation(options, source.BaseFolder), tally);
        var runs = new RunImport(source, context, experiments, artifacts, tally);
        foreach (var run in source.Runs())
        {
            cancellationToken.ThrowIfCancellationRequested();
            await runs.TakeAsync(run, cancellationToken).ConfigureAwait(false);
            progress?.Report(tally.Progress);
        }

        await runs.CommitAsync(cancellationToken).ConfigureAwait(false);
        var records = new RecordImport(context, tally);
        foreach (var record in source.Records())
        {
            cancellationToken.ThrowIfCancellationRequested();
            await records.TakeAsync(record, cancellationToken).ConfigureAwait(false);
            if (record.Files is { } files)
                await runs.TakeFilesAsync(files, cancellationToken).ConfigureAwait(false);
        }

        await records.CommitAsync(cancellationToken).ConfigureAwait(false);
        await runs.CommitAsync(cancellationToken).ConfigureAwait(false);
    }
}

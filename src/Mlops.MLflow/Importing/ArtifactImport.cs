using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>Stores the files of a run under their digests.</summary>
internal sealed class ArtifactImport(MetadataContext context, ArtifactLocation locations, Tally tally)
{
    private readonly RunCatalog _runs = new(context);

    /// <summary>Stores the bytes; what names them is for the caller to commit, with or after the run.</summary>
    public async Task<IReadOnlyList<RecordChange>> TakeAsync(SourceRun run, CancellationToken cancellationToken)
    {
        if (FolderOf(run) is not { } folder)
            return [];
        Dictionary<string, Digest>? present = null;
        List<RecordChange> changes = [];
        foreach (var file in SourceFolder.FilesBelow(folder, tally))
        {
            present ??= (await _runs.ListArtifactsAsync(run.Id, cancellationToken).ConfigureAwait(false))
                .ToDictionary(a => a.Path.Value, a => a.Digest, StringComparer.Ordinal);
            try
            {
                var path = ArtifactPath.Parse(Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/'));
                var content = await context.Content.PutFileAsync(file, progress: null, cancellationToken).ConfigureAwait(false);
                if (present.TryGetValue(path.Value, out var digest) && digest == content.Digest)
                {
                    tally.Artifacts.Present++;
                    continue;
                }

                changes.Add(ArtifactRecord.Logged(new ArtifactId(context.Ids.Next()), run.Id, path, content));
                tally.Artifacts.Taken++;
            }
            catch (Exception e) when (e is ArgumentException or FileNotFoundException or ConflictException or IOException or UnauthorizedAccessException)
            {
                tally.Refuse(tally.Artifacts, file, e.Message);
            }
        }

        return changes;
    }

    private string? FolderOf(SourceRun run)
    {
        string? reason = null;
        if (run.ArtifactUri is { Length: > 0 } uri)
        {
            (var folder, reason) = locations.Resolve(uri, run.Id.ToString());
            if (folder is not null && Directory.Exists(folder))
                return folder;

            // a run without artifacts has no folder; an experiment without one may have moved
            if (folder is not null && ArtifactLocation.Root(folder, run.Id.ToString()) is var root && !Directory.Exists(root))
                reason = $"The artifact folder '{root}' is not there. If it has moved, name its place in ArtifactRoots.";
        }

        if (run.Folder is not null && Path.Combine(run.Folder, "artifacts") is var beside && Directory.Exists(beside)
            && Directory.EnumerateFileSystemEntries(beside).Any())
        {
            return beside;
        }

        if (reason is not null)
            tally.Report(run.ArtifactUri is { } location ? ArtifactLocation.Root(location, run.Id.ToString()) : run.Place, reason);
        return null;
    }
}

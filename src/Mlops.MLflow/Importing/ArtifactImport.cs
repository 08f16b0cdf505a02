using System.Text;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>Stores files and long texts under their digests; what names them is committed with or after the run.</summary>
internal sealed class ArtifactImport(MetadataContext context, ArtifactLocation locations, Tally tally)
{
    /// <summary>Stores the files of a run or of a model that it logged.</summary>
    public async Task TakeFilesAsync(SourceFiles files, PendingRun pending, CancellationToken cancellationToken)
    {
        if (FolderOf(files) is not { } folder)
            return;
        foreach (var file in SourceFolder.FilesBelow(folder, tally))
        {
            tally.Progress = tally.Progress with { Artifacts = tally.Progress.Artifacts + 1 };
            try
            {
                var path = ArtifactPath.Parse(files.Prefix + FileStore.Key(folder, file));
                var content = await context.Content.PutFileAsync(file, progress: null, cancellationToken).ConfigureAwait(false);
                await pending.AddAsync(new PendingArtifact(path, content, tally.Artifacts, file), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ArgumentException or FileNotFoundException or ConflictException or IOException or UnauthorizedAccessException)
            {
                tally.Refuse(tally.Artifacts, file, e.Message);
            }
        }
    }

    /// <summary>Stores texts that are too long for a field.</summary>
    public async Task TakeTextsAsync(IEnumerable<LongText> texts, PendingRun pending, CancellationToken cancellationToken)
    {
        foreach (var text in texts)
        {
            var content = await context.Content.PutAsync(Encoding.UTF8.GetBytes(text.Value), cancellationToken).ConfigureAwait(false);
            await pending.AddAsync(new PendingArtifact(text.Path, content, Counter: null, text.Path.Value), cancellationToken).ConfigureAwait(false);
        }
    }

    private string? FolderOf(SourceFiles files)
    {
        string? reason = null;
        if (files.Location is { Length: > 0 } location)
        {
            (var folder, reason) = locations.Resolve(location, files.OwnerId);
            if (folder is not null && Directory.Exists(folder))
                return folder;

            // a run without artifacts has no folder; an experiment without one may have moved
            if (folder is not null && ArtifactLocation.Root(folder, files.OwnerId) is var root && !Directory.Exists(root))
                reason = $"The artifact folder '{root}' is not there. If it has moved, name its place in ArtifactRoots.";
        }

        if (files.Beside is { } beside && SourceFolder.FilesBelow(beside, tally).Any())
            return beside;
        if (reason is not null)
            tally.Report(files.Location is { } there ? ArtifactLocation.Root(there, files.OwnerId) : files.Place, reason);
        return null;
    }
}

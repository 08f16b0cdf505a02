using System.IO.Enumeration;
using System.Text;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

public sealed partial class ActiveRun
{
    private const int ArtifactsPerBatch = 200;
    private const int FilesAtOnce = 32;

    /// <summary>
    /// Logs a file, or a folder with everything below it. The content is durable before anything refers to it, and the artifact
    /// is in the store within the drain interval. Logging a path again makes a new artifact, and the newest is the one shown.
    /// </summary>
    /// <param name="localPath">The file or folder.</param>
    /// <param name="artifactPath">
    /// Its logical path in the run, divided by <c>/</c>; by default its own name. The files of a folder come below it.
    /// </param>
    /// <param name="progress">Told how many bytes were taken so far.</param>
    /// <param name="cancellationToken">Cancels; files taken before then stay logged.</param>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    /// <exception cref="ArgumentException">The artifact path is not allowed (see <see cref="ArtifactPath"/>).</exception>
    /// <exception cref="StorageUnavailableException">The object store takes nothing.</exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    public Task LogArtifactAsync(
        string localPath, string? artifactPath = null, IProgress<long>? progress = null, CancellationToken cancellationToken = default) =>
        LogArtifactAsync(null, localPath, artifactPath, progress, cancellationToken);

    internal async Task LogArtifactAsync(
        ActiveStep? step, string localPath, string? artifactPath, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(localPath);
        ThrowIfClosed();
        var target = ArtifactPath.Parse(artifactPath ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(localPath))));
        List<(string File, ArtifactPath Path)> files;
        if (File.Exists(localPath))
            files = [(localPath, target)];
        else if (Directory.Exists(localPath))
            files = [.. FilesBelow(localPath).Select(f => (f, ArtifactPath.Parse($"{target}/{Logical(Path.GetRelativePath(localPath, f))}")))];
        else
            throw new FileNotFoundException($"There is no file or folder '{localPath}' to log as artifact of run {Id}.", localPath);

        using var activity = TrackingDiagnostics.Activities.StartActivity("mlops.artifact.log");
        var taken = new TakenBytes(progress);
        foreach (var chunk in files.Chunk(ArtifactsPerBatch))
        {
            // many small files at once become few objects
            var stored = new (ArtifactPath Path, ContentInfo Content)[chunk.Length];
            var options = new ParallelOptions { MaxDegreeOfParallelism = FilesAtOnce, CancellationToken = cancellationToken };
            await Parallel.ForAsync(0, chunk.Length, options, async (i, token) =>
            {
                var (file, path) = chunk[i];
                stored[i] = (path, await _tracker.Content.PutFileAsync(file, taken.OfFile(), token).ConfigureAwait(false));
            }).ConfigureAwait(false);
            _tracker.WriteArtifacts(this, step, stored);
        }

        taken.Report(0);
    }

    /// <summary>Logs what a stream holds from its position to its end.</summary>
    /// <param name="content">The stream; it is not disposed.</param>
    /// <param name="artifactPath">The logical path in the run, divided by <c>/</c>.</param>
    /// <param name="cancellationToken">Cancels; then nothing is logged.</param>
    /// <inheritdoc cref="LogArtifactAsync(string, string?, IProgress{long}?, CancellationToken)"/>
    public Task LogArtifactAsync(Stream content, string artifactPath, CancellationToken cancellationToken = default) =>
        LogArtifactAsync(null, content, artifactPath, cancellationToken);

    internal async Task LogArtifactAsync(ActiveStep? step, Stream content, string artifactPath, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        ThrowIfClosed();
        var path = ArtifactPath.Parse(artifactPath);
        var stored = await _tracker.Content.PutAsync(content, cancellationToken).ConfigureAwait(false);
        _tracker.WriteArtifacts(this, step, [(path, stored)]);
    }

    /// <summary>Logs a text as a UTF-8 file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="artifactPath">The logical path in the run, divided by <c>/</c>.</param>
    /// <param name="cancellationToken">Cancels; then nothing is logged.</param>
    /// <inheritdoc cref="LogArtifactAsync(string, string?, IProgress{long}?, CancellationToken)"/>
    public Task LogTextAsync(string text, string artifactPath, CancellationToken cancellationToken = default) =>
        LogTextAsync(null, text, artifactPath, cancellationToken);

    internal async Task LogTextAsync(ActiveStep? step, string text, string artifactPath, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(text);
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        await LogArtifactAsync(step, stream, artifactPath, cancellationToken).ConfigureAwait(false);
    }

    private static string Logical(string relative) =>
        Path.DirectorySeparatorChar == '/' ? relative : relative.Replace(Path.DirectorySeparatorChar, '/');

    // links to files are followed, links to folders are not: they could lead in a circle
    private static IEnumerable<string> FilesBelow(string folder) =>
        new FileSystemEnumerable<string>(
            folder,
            (ref FileSystemEntry entry) => entry.ToFullPath(),
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        }.Order(StringComparer.Ordinal);

    /// <summary>Adds up the progress of files that are stored side by side, and reports the sum in its order.</summary>
    private sealed class TakenBytes(IProgress<long>? progress)
    {
        private readonly Lock _gate = new();
        private long _taken;

        public void Report(long more)
        {
            lock (_gate)
                progress?.Report(_taken += more);
        }

        public IProgress<long>? OfFile() => progress is null ? null : new FileBytes(this);

        private sealed class FileBytes(TakenBytes all) : IProgress<long>
        {
            private long _seen;

            public void Report(long value)
            {
                all.Report(value - _seen);
                _seen = value;
            }
        }
    }
}

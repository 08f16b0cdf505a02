using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>
/// Makes content a read-only file. What an interrupted attempt has written is checked and gone on with; while another makes the same
/// file, in whichever process, it is waited for.
/// </summary>
internal sealed class MaterializedFile(ContentStore store, Digest digest, IProgress<long>? progress)
{
    private const int BufferBytes = 1024 * 1024;
    private const int MostAttempts = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private long _reported;

    public async Task WriteAsync(string path, MaterializeOptions options, CancellationToken cancellationToken)
    {
        if (await IsThereAsync(path, cancellationToken).ConfigureAwait(false))
            return;
        if (options.CacheFolder is not { } cache)
        {
            await AssembleAsync(path, cancellationToken).ConfigureAwait(false);
            return;
        }

        var text = digest.ToString();
        var cached = Path.Combine(Path.GetFullPath(cache), text[..2], text);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (var attempt = 0; ; attempt++)
        {
            if (await TryTakeAsync(cached, path, options.UsesHardLinks, cancellationToken).ConfigureAwait(false))
                return;
            if (attempt == MostAttempts)
                throw new IntegrityException($"The file '{cached}' is not content {digest} though it was just made; find out who writes to it.");
            await AssembleAsync(cached, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes the file from the one in the cache; false if that is missing, or not the content.</summary>
    private async Task<bool> TryTakeAsync(string cached, string path, bool links, CancellationToken cancellationToken)
    {
        if (links ? !await IsThereAsync(cached, cancellationToken).ConfigureAwait(false) : !File.Exists(cached))
            return false;
        var temporary = Beside(path, RandomNumberGenerator.GetHexString(32, lowercase: true));
        try
        {
            if (links)
            {
                DurableFile.CreateHardLink(cached, temporary);
                Finish(temporary, path);
                return true;
            }

            // what is checked is the copy itself: the other may change at any time
            var isClone = ClonedFile.TryMake(cached, temporary);
            var file = new FileStream(temporary, Alone(FileMode.OpenOrCreate));
            await using (file.ConfigureAwait(false))
            {
                var copy = isClone
                    ? (await SourceFile.HashAsync(file, cancellationToken, Report).ConfigureAwait(false)).Digest
                    : await CopyAsync(cached, file, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                if (copy != digest)
                    return false;
                Report(file.Length);
                Finish(temporary, path);
                return true;
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException && !File.Exists(cached))
        {
            return false; // somebody empties the folder
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private async Task<Digest> CopyAsync(string cached, FileStream file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var source = await OpenAsync(cached, cancellationToken).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
            await source.CopyToAsync(new HashedFile(file, hash, Report), BufferBytes, cancellationToken).ConfigureAwait(false);
        return Digest.Of(hash);
    }

    private static FileStreamOptions Alone(FileMode mode) => new()
    {
        Mode = mode,
        Access = FileAccess.ReadWrite,
        Share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None, // Windows moves no open file otherwise
        BufferSize = 0,
        Options = FileOptions.Asynchronous,
    };

    private static string Beside(string path, string name) => Path.Combine(Path.GetDirectoryName(path)!, ".~" + name);

    /// <summary>Whether the file is the content already; read again, since others may have written to it.</summary>
    private async Task<bool> IsThereAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            return false;
        var file = await OpenAsync(path, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            if ((await SourceFile.HashAsync(file, cancellationToken).ConfigureAwait(false)).Digest != digest)
                return false;
            progress?.Report(file.Length);
        }

        File.SetAttributes(path, File.GetAttributes(path) | FileAttributes.ReadOnly);
        return true;
    }

    private static async Task<FileStream> OpenAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return SourceFile.Open(path);
        }
        catch (IOException e) when (FileTrouble.IsInUse(e))
        {
            // whoever made it lets go of it right after it has its name
            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
            return SourceFile.Open(path);
        }
    }

    private async Task AssembleAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var partial = Beside(path, digest + ".partial");
        if (await TryOpenPartialAsync(partial, path, cancellationToken).ConfigureAwait(false) is not { } file)
            return;
        await using (file.ConfigureAwait(false))
        {
            var isFinished = false;
            try
            {
                // the digest of the whole tells what those of the chunks would; where it does not match, they tell what is wrong
                if (!await TryFillAsync(file, checksChunks: false, cancellationToken).ConfigureAwait(false)
                    && !await TryFillAsync(file, checksChunks: true, cancellationToken).ConfigureAwait(false))
                {
                    file.SetLength(0); // nothing of it can be trusted
                    throw new IntegrityException($"Content {digest} is damaged: what was read does not match its digest; store the content again.");
                }

                // while it is held, so that nobody takes the finished file for the unfinished one
                Finish(partial, path);
                isFinished = true;
            }
            finally
            {
                // nothing to go on with
                if (!isFinished && file.Length == 0)
                    Leftovers.Delete(file);
            }
        }
    }

    /// <summary>Opens the unfinished file for this attempt alone; null if another attempt has finished it meanwhile.</summary>
    private async Task<FileStream?> TryOpenPartialAsync(string partial, string path, CancellationToken cancellationToken)
    {
        var options = Alone(FileMode.OpenOrCreate);
        while (true)
        {
            try
            {
                var file = new FileStream(partial, options);
                if (IsAt(partial, file))
                    return file;
                await file.DisposeAsync().ConfigureAwait(false);
            }
            catch (FileNotFoundException)
            {
                // it has its name now, or was taken away
                if (await IsThereAsync(path, cancellationToken).ConfigureAwait(false))
                    return null;
                options.Mode = FileMode.OpenOrCreate;
                continue;
            }
            catch (IOException e) when (FileTrouble.IsInUse(e))
            {
                await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
            }

            options.Mode = FileMode.Open;
        }
    }

    /// <summary>Whether an open file is still there; between its opening and its locking it can have been finished or deleted, and is read-only then.</summary>
    private static bool IsAt(string path, FileStream file)
    {
        try
        {
            return ((File.GetAttributes(path) ^ File.GetAttributes(file.SafeFileHandle)) & FileAttributes.ReadOnly) == 0;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Goes on behind those chunks that the file has already; whether it is the content then.</summary>
    private async Task<bool> TryFillAsync(FileStream file, bool checksChunks, CancellationToken cancellationToken)
    {
        file.Position = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (rest, size) = await store.OpenRestAsync(digest, (chunk, token) => IsNextAsync(file, hash, chunk, token), checksChunks, cancellationToken).ConfigureAwait(false);
        await using (rest.ConfigureAwait(false))
            await rest.CopyToAsync(new HashedFile(file, hash, Report), BufferBytes, cancellationToken).ConfigureAwait(false);
        file.SetLength(file.Position);
        return Digest.Of(hash) == digest && file.Position == size;
    }

    /// <summary>Whether the file goes on with this chunk; then it stands behind it.</summary>
    private static async Task<bool> IsNextAsync(FileStream file, IncrementalHash hash, ContentInfo chunk, CancellationToken cancellationToken)
    {
        var at = file.Position;
        if (file.Length - at < chunk.SizeBytes)
            return false;
        var bytes = new byte[chunk.SizeBytes];
        await file.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        if (Digest.Of(bytes) == chunk.Digest)
        {
            hash.AppendData(bytes);
            return true;
        }

        file.Position = at;
        return false;
    }

    // a second attempt begins at the front
    private void Report(long written)
    {
        if (written > _reported)
            progress?.Report(_reported = written);
    }

    private static void Finish(string temporary, string path)
    {
        if (OperatingSystem.IsWindows() && File.Exists(path))
            File.SetAttributes(path, File.GetAttributes(path) & ~FileAttributes.ReadOnly); // it replaces no read-only file
        File.Move(temporary, path, overwrite: true);

        // not before: an attempt that was killed in between could not be gone on with
        File.SetAttributes(path, File.GetAttributes(path) | FileAttributes.ReadOnly);
    }
}

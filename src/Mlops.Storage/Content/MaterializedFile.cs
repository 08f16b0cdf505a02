using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>
/// Makes content a read-only file. What an interrupted attempt has written is checked and gone on with; while another makes the same
/// file, in whichever process, it is waited for.
/// </summary>
internal sealed class MaterializedFile(ContentStore store, Digest digest, IProgress<long>? progress)
{
    private const int BufferBytes = 1024 * 1024;
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
        if (!await IsThereAsync(cached, cancellationToken).ConfigureAwait(false))
            await AssembleAsync(cached, cancellationToken).ConfigureAwait(false);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = Beside(path, RandomNumberGenerator.GetHexString(32, lowercase: true));
        try
        {
            if (options.UsesHardLinks)
                DurableFile.CreateHardLink(cached, temporary);
            else
                File.Copy(cached, temporary); // a clone where the file system can
            Finish(temporary, path);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

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
            // the digest of the whole tells what those of the chunks would; where it does not match, they tell what is wrong
            if (!await TryFillAsync(file, checksChunks: false, cancellationToken).ConfigureAwait(false)
                && !await TryFillAsync(file, checksChunks: true, cancellationToken).ConfigureAwait(false))
            {
                file.SetLength(0); // nothing of it can be trusted
                throw new IntegrityException($"Content {digest} is damaged: what was read does not match its digest; store the content again.");
            }

            // while it is held, so that nobody takes the finished file for the unfinished one
            Finish(partial, path);
        }
    }

    /// <summary>Opens the unfinished file for this attempt alone; null if another attempt has finished it meanwhile.</summary>
    private async Task<FileStream?> TryOpenPartialAsync(string partial, string path, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None, // Windows moves no open file otherwise
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        };
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

    /// <summary>Whether an open file is still there; between its opening and its locking it can have been finished, and is read-only then.</summary>
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

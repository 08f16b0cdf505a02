using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>Makes content a read-only file. What an interrupted attempt has written is checked and gone on with.</summary>
internal sealed class MaterializedFile(ContentStore store, Digest digest, IProgress<long>? progress)
{
    private const int BufferBytes = 1024 * 1024;
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
        var file = SourceFile.Open(path);
        await using (file.ConfigureAwait(false))
        {
            if ((await SourceFile.HashAsync(file, cancellationToken).ConfigureAwait(false)).Digest != digest)
                return false;
            progress?.Report(file.Length);
        }

        File.SetAttributes(path, File.GetAttributes(path) | FileAttributes.ReadOnly);
        return true;
    }

    private async Task AssembleAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var partial = Beside(path, digest + ".partial");
        var file = new FileStream(partial, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        });
        await using (file.ConfigureAwait(false))
        {
            // the digest of the whole tells what those of the chunks would; where it does not match, they tell what is wrong
            if (!await TryFillAsync(file, checksChunks: false, cancellationToken).ConfigureAwait(false)
                && !await TryFillAsync(file, checksChunks: true, cancellationToken).ConfigureAwait(false))
            {
                file.SetLength(0); // nothing of it can be trusted
                throw new IntegrityException($"Content {digest} is damaged: what was read does not match its digest; store the content again.");
            }
        }

        Finish(partial, path);
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

using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>A file of the caller's that is to be stored.</summary>
internal static class SourceFile
{
    private const int BufferBytes = 128 * 1024;

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static FileStream Open(string path)
    {
        try
        {
            // others may go on writing: a lock would stop them, and the stamp of the file tells
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
            });
        }
        catch (DirectoryNotFoundException e)
        {
            throw new FileNotFoundException($"There is no file '{path}'.", path, e);
        }
    }

    /// <summary>Reads a file from its position to its end.</summary>
    public static async Task<ContentInfo> HashAsync(FileStream file, CancellationToken cancellationToken, Action<long>? read = null)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        var size = 0L;
        int piece;
        while ((piece = await file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            hash.AppendData(buffer, 0, piece);
            size += piece;
            read?.Invoke(size);
        }

        return new ContentInfo(Digest.Of(hash), size);
    }
}

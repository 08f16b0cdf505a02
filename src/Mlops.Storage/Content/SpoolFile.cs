using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Mlops.Storage;

/// <summary>Takes a stream of unknown digest to a temporary file while hashing it. The file goes away with this object, or its process.</summary>
internal sealed class SpoolFile : IAsyncDisposable
{
    private const int BufferBytes = 128 * 1024;
    private readonly FileStream _file;

    private SpoolFile(FileStream file) => _file = file;

    public ContentInfo Content { get; private set; }

    /// <exception cref="StorageUnavailableException">The folder cannot take the file.</exception>
    public static async Task<SpoolFile> CreateAsync(
        string folder, ReadOnlyMemory<byte> head, Stream rest, CancellationToken cancellationToken)
    {
        var spool = new SpoolFile(Open(folder));
        try
        {
            await spool.FillAsync(head, rest, cancellationToken).ConfigureAwait(false);
            return spool;
        }
        catch
        {
            await spool.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Opens the bytes from their start.</summary>
    public Stream OpenRead() => new Reading(_file.SafeFileHandle);

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    private static FileStream Open(string folder)
    {
        var path = Path.Combine(folder, ".~spool-" + RandomNumberGenerator.GetHexString(32, lowercase: true));
        try
        {
            Directory.CreateDirectory(folder);
            var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.Delete,
                BufferSize = 0,
                Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
            });

            // Windows deletes the file of a process that is killed; elsewhere it must have no name any more by then
            if (!OperatingSystem.IsWindows())
                File.Delete(path);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileTrouble.Explain(e, path, folder);
        }
    }

    private async Task FillAsync(ReadOnlyMemory<byte> head, Stream rest, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        var size = 0L;
        for (var piece = head; !piece.IsEmpty;)
        {
            hash.AppendData(piece.Span);
            size += piece.Length;
            try
            {
                await _file.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw FileTrouble.Explain(e, _file.Name, Path.GetDirectoryName(_file.Name)!);
            }

            piece = buffer.AsMemory(0, await rest.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));
        }

        Content = new ContentInfo(Digest.Of(hash), size);
    }

    /// <summary>Reads from the start; does not own the file.</summary>
    private sealed class Reading(SafeFileHandle file) : ReadOnlyStream
    {
        private long _position;

        public override int Read(Span<byte> buffer)
        {
            var read = RandomAccess.Read(file, buffer, _position);
            _position += read;
            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await RandomAccess.ReadAsync(file, buffer, _position, cancellationToken).ConfigureAwait(false);
            _position += read;
            return read;
        }
    }
}

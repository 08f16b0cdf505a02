using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>
/// Bytes in, SHA-256 and size out; digest in, bytes out. Equal content is stored once. Everything is checked against its digest
/// when it is read, and when it is found in place of being stored; what is damaged there is replaced. Each content is one whole
/// object named <c>sha256/ab/ab…</c> by its digest. Thread-safe, and safe between processes.
/// </summary>
public sealed class ContentStore
{
    private const int MostInMemory = 1024 * 1024;
    private const int BufferBytes = 128 * 1024;
    private const int Attempts = 3;
    private readonly IObjectStore _objects;
    private readonly string _spoolFolder;

    /// <summary>Stands on an object store.</summary>
    /// <param name="objects">Where the bytes go.</param>
    /// <param name="spoolFolder">Takes streams over 1 MiB while they are hashed; the system's temporary folder when null.</param>
    public ContentStore(IObjectStore objects, string? spoolFolder = null)
    {
        ArgumentNullException.ThrowIfNull(objects);
        _objects = objects;
        _spoolFolder = spoolFolder ?? Path.GetTempPath();
    }

    /// <summary>The name of the object that holds content.</summary>
    /// <exception cref="ArgumentException">The digest is empty.</exception>
    public static ObjectName NameOf(Digest digest)
    {
        if (digest.IsEmpty)
            throw new ArgumentException("The digest is empty; it names no content.", nameof(digest));
        var text = digest.ToString();
        return ObjectName.Parse($"sha256/{text[..2]}/{text}");
    }

    /// <summary>Stores bytes; durable when it returns.</summary>
    /// <exception cref="StorageUnavailableException">The store is full, read-only or unreachable.</exception>
    public async Task<ContentInfo> PutAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        var info = new ContentInfo(Digest.Of(content.Span), content.Length);
        await StoreAsync(info, () => InMemory(content), cancellationToken).ConfigureAwait(false);
        return info;
    }

    /// <summary>
    /// Stores a stream from its position to its end; durable when it returns. Up to 1 MiB is kept in memory, more goes through a
    /// temporary file.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The store or the temporary folder is full, read-only or unreachable.</exception>
    public async Task<ContentInfo> PutAsync(Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        var most = content.CanSeek ? Math.Clamp(content.Length - content.Position, 0, MostInMemory) : MostInMemory;
        var head = new byte[most + 1];
        var read = await content.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read < head.Length)
            return await PutAsync(head.AsMemory(0, read), cancellationToken).ConfigureAwait(false);

        var spool = await SpoolFile.CreateAsync(_spoolFolder, head, content, cancellationToken).ConfigureAwait(false);
        await using (spool.ConfigureAwait(false))
        {
            await StoreAsync(spool.Content, () => new VerifyingStream(spool.OpenRead(), spool.Content, Changed), cancellationToken)
                .ConfigureAwait(false);
            return spool.Content;
        }

        Exception Changed() => new IntegrityException($"A temporary file in '{_spoolFolder}' changed while it was read; store the content again.");
    }

    /// <summary>
    /// Stores a file; durable when it returns. The file is hashed first and checked again while it is stored, so that a file
    /// that somebody writes to is never stored under a wrong digest.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Told the bytes stored so far, and the size at the end.</param>
    /// <param name="cancellationToken">Cancels; then nothing is stored.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ConflictException">The file changed meanwhile.</exception>
    /// <exception cref="StorageUnavailableException">The store is full, read-only or unreachable.</exception>
    public async Task<ContentInfo> PutFileAsync(
        string path, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ContentInfo info;
        using (var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
        {
            var file = SourceFile.Open(path);
            await using (file.ConfigureAwait(false))
            {
                var buffer = new byte[BufferBytes];
                var size = 0L;
                int read;
                while ((read = await file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                {
                    hash.AppendData(buffer, 0, read);
                    size += read;
                }

                info = new ContentInfo(Digest.Of(hash), size);
            }
        }

        await StoreAsync(info, () => new VerifyingStream(SourceFile.Open(path), info, Changed, progress), cancellationToken)
            .ConfigureAwait(false);
        progress?.Report(info.SizeBytes);
        return info;

        Exception Changed() =>
            new ConflictException($"The file '{path}' changed while it was being stored; store it again when nobody writes to it.");
    }

    /// <summary>Whether content is in the store; does not read it.</summary>
    public async Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken = default) =>
        await _objects.FindAsync(NameOf(digest), cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>All content that is stored, in no order that matters.</summary>
    public async IAsyncEnumerable<ContentInfo> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var found in _objects.ListAsync("sha256/", cancellationToken).ConfigureAwait(false))
            yield return new ContentInfo(Digest.Parse(found.Name.Value.AsSpan(found.Name.Value.LastIndexOf('/') + 1)), found.SizeBytes);
    }

    /// <summary>
    /// Opens content for reading from the front. Its last bytes are given only after all were checked: if they are not what was
    /// stored, reading throws <see cref="IntegrityException"/> in place of ending. The length is known, seeking is not possible.
    /// </summary>
    /// <exception cref="NotFoundException">There is no such content.</exception>
    public async Task<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken = default)
    {
        var name = NameOf(digest);
        var found = await _objects.FindAsync(name, cancellationToken).ConfigureAwait(false)
            ?? throw new NotFoundException($"There is no content {digest} in '{_objects.Location}'.");
        var stream = await _objects.OpenReadAsync(name, cancellationToken: cancellationToken).ConfigureAwait(false);
        return new VerifyingStream(stream, new ContentInfo(digest, found.SizeBytes), () => new IntegrityException(
            $"Object '{name}' in '{_objects.Location}' is damaged: its bytes do not match its digest; store the content again."));
    }

    /// <summary>Reads whole content of at most 2 GiB into memory.</summary>
    /// <exception cref="NotFoundException">There is no such content.</exception>
    /// <exception cref="IntegrityException">What is stored is damaged.</exception>
    public async Task<byte[]> ReadAllAsync(Digest digest, CancellationToken cancellationToken = default)
    {
        var stream = await OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);

            // the end of empty or overlong content is only seen by asking for more than there should be
            _ = await stream.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false);
            return bytes;
        }
    }

    /// <summary>
    /// Writes content to a file, whose folder is created if missing. The file appears whole and checked, in place of an earlier
    /// one, or not at all.
    /// </summary>
    /// <param name="digest">The content.</param>
    /// <param name="path">The file.</param>
    /// <param name="progress">Told the bytes written so far.</param>
    /// <param name="cancellationToken">Cancels; then the path is as it was.</param>
    /// <exception cref="NotFoundException">There is no such content.</exception>
    /// <exception cref="IntegrityException">What is stored is damaged.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task CopyToFileAsync(
        Digest digest, string path, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var stream = await OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
            await TargetFile.WriteAsync(Path.GetFullPath(path), stream, progress, cancellationToken).ConfigureAwait(false);
    }

    private static MemoryStream InMemory(ReadOnlyMemory<byte> content) =>
        MemoryMarshal.TryGetArray(content, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(content.ToArray(), writable: false);

    private async Task StoreAsync(ContentInfo info, Func<Stream> open, CancellationToken cancellationToken)
    {
        var name = NameOf(info.Digest);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var content = open();
            await using (content.ConfigureAwait(false))
            {
                if (await _objects.PutIfAbsentAsync(name, content, cancellationToken).ConfigureAwait(false) == PutOutcome.Created)
                    return;
            }

            // "already there" is success only once it is proven to be the same (W6); what is proven wrong is replaced
            if (await IsSoundAsync(info, cancellationToken).ConfigureAwait(false))
                return;
            await _objects.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
        }

        throw new IntegrityException(
            $"Object '{name}' in '{_objects.Location}' is damaged and comes back damaged after {Attempts} replacements; check the storage.");
    }

    private async Task<bool> IsSoundAsync(ContentInfo info, CancellationToken cancellationToken)
    {
        try
        {
            var stream = await OpenReadAsync(info.Digest, cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                if (stream.Length != info.SizeBytes)
                    return false;
                await stream.CopyToAsync(Stream.Null, BufferBytes, cancellationToken).ConfigureAwait(false);
                return true;
            }
        }
        catch (Exception e) when (e is IntegrityException or NotFoundException)
        {
            return false; // damaged, or deleted since: store it again
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Storage;

/// <summary>
/// Bytes in, SHA-256 and size out; digest in, bytes out. Equal content is stored once, and so are equal parts of contents over
/// 1 MiB. Everything is checked against its digest when it is read; what was found damaged is replaced by storing it again.
/// Thread-safe, and safe between processes.
/// </summary>
/// <remarks>
/// With an index, contents are entries of packs, <c>packs/ab/ab…</c>, and take memory that hardly grows with their size, by 2 MiB for each GiB. Without
/// one each content is one whole object named <c>sha256/ab/ab…</c> by its digest; such objects are read in any case, and written
/// while the index is away.
/// </remarks>
public sealed class ContentStore
{
    internal const int MostInMemory = 1024 * 1024;
    private readonly WholeObjects _whole;
    private readonly string _spoolFolder;
    private readonly Leftovers _leftovers = new();

    /// <summary>Stands on an object store alone: whole objects, no chunks, no garbage collection.</summary>
    /// <param name="objects">Where the bytes go.</param>
    /// <param name="spoolFolder">Takes streams over 1 MiB while they are hashed; the system's temporary folder when null.</param>
    public ContentStore(IObjectStore objects, string? spoolFolder = null)
    {
        ArgumentNullException.ThrowIfNull(objects);
        Objects = objects;
        _whole = new WholeObjects(objects);
        _spoolFolder = spoolFolder ?? Path.GetTempPath();
    }

    /// <summary>Stands on an object store, and keeps in a metadata store where everything is.</summary>
    /// <param name="objects">Where the bytes go.</param>
    /// <param name="index">Where places are kept, as cells. One object store belongs to one metadata store.</param>
    /// <param name="time">The clock of the metadata store; the system's when null.</param>
    /// <param name="spoolFolder">Takes streams over 1 MiB while the index is away; the system's temporary folder when null.</param>
    public ContentStore(IObjectStore objects, IMetadataStore index, TimeProvider? time = null, string? spoolFolder = null)
        : this(objects, spoolFolder)
    {
        ArgumentNullException.ThrowIfNull(index);
        Packed = new PackedContents(objects, new ContentIndex(index, time ?? TimeProvider.System));
    }

    /// <summary>Where the bytes are.</summary>
    public IObjectStore Objects { get; }

    internal PackedContents? Packed { get; }

    /// <summary>The name of the object that holds content where there is no index.</summary>
    /// <exception cref="ArgumentException">The digest is empty.</exception>
    public static ObjectName NameOf(Digest digest) => WholeObjects.NameOf(Checked(digest));

    /// <summary>Stores bytes; durable when it returns. They must not change before.</summary>
    /// <exception cref="StorageUnavailableException">The store is full, read-only or unreachable.</exception>
    public async Task<ContentInfo> PutAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        if (content.Length > MostInMemory && Packed is not null
            && await Packed.TryPutLargeAsync(() => InMemory(content), progress: null, cancellationToken).ConfigureAwait(false) is { } put)
        {
            return put;
        }

        var info = new ContentInfo(Digest.Of(content.Span), content.Length);
        if (content.Length > MostInMemory || Packed is null || !await Packed.TryPutSmallAsync(info, content, cancellationToken).ConfigureAwait(false))
            await PutWholeAsync(info, () => InMemory(content), cancellationToken).ConfigureAwait(false);
        return info;
    }

    /// <summary>Stores a stream from its position to its end; durable when it returns. Up to 1 MiB is kept in memory.</summary>
    /// <exception cref="ArgumentException">It has more than 1 TiB; told at once where the stream knows its length.</exception>
    /// <exception cref="StorageUnavailableException">The store or the temporary folder is full, read-only or unreachable.</exception>
    public async Task<ContentInfo> PutAsync(Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (content.CanSeek)
            Manifest.ThrowIfTooLarge(content.Length - content.Position);
        var most = content.CanSeek ? Math.Clamp(content.Length - content.Position, 0, MostInMemory) : MostInMemory;
        var head = new byte[most + 1];
        var read = await content.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read < head.Length)
            return await PutAsync(head.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
        if (Packed is not null && await TryPutLargeAsync(Packed).ConfigureAwait(false) is { } put)
            return put;
        var spool = await SpoolFile.CreateAsync(_spoolFolder, head, content, cancellationToken).ConfigureAwait(false);
        await using (spool.ConfigureAwait(false))
        {
            if (Packed is not null && await Packed.TryPutLargeAsync(Open, progress: null, cancellationToken).ConfigureAwait(false) is { } chunked)
                return chunked;
            await PutWholeAsync(spool.Content, Open, cancellationToken).ConfigureAwait(false);
            return spool.Content;

            Stream Open() => new VerifyingStream(spool.OpenRead(), spool.Content, Changed);
        }

        async Task<ContentInfo?> TryPutLargeAsync(PackedContents packed)
        {
            if (!content.CanSeek)
                return await packed.TryPutOnceAsync(new PrefixedStream(head, content), cancellationToken).ConfigureAwait(false);
            var behind = content.Position;
            var done = await packed.TryPutLargeAsync(() => From(behind), progress: null, cancellationToken).ConfigureAwait(false);
            if (done is null)
                content.Position = behind;
            return done;

            Stream From(long position)
            {
                content.Position = position;
                return new PrefixedStream(head, content);
            }
        }

        Exception Changed() => new IntegrityException($"A temporary file in '{_spoolFolder}' changed while it was read; store the content again.");
    }

    /// <summary>
    /// Stores a file; durable when it returns. A file that somebody writes to meanwhile is detected, unless that is done through a
    /// memory mapping; nothing is ever stored under a wrong digest.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Told the bytes stored so far, and the size at the end.</param>
    /// <param name="cancellationToken">Cancels; what was stored until then is named by nothing, and garbage.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ArgumentException">The file has more than 1 TiB.</exception>
    /// <exception cref="ConflictException">The file changed meanwhile.</exception>
    /// <exception cref="StorageUnavailableException">The store is full, read-only or unreachable.</exception>
    public async Task<ContentInfo> PutFileAsync(
        string path, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var info = await new FilePut(this, path, progress).RunAsync(cancellationToken).ConfigureAwait(false);
        progress?.Report(info.SizeBytes);
        return info;
    }

    /// <summary>Whether content is in the store; does not read it.</summary>
    public async Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken = default) =>
        await IsPackedAsync(Checked(digest), cancellationToken).ConfigureAwait(false)
        || await _whole.FindAsync(digest, cancellationToken).ConfigureAwait(false) is not null
        || await IsPackedAsync(digest, cancellationToken).ConfigureAwait(false); // a collection may have packed it meanwhile

    /// <summary>
    /// Whether content is in the store, in packs where there is an index, and no collection is about to delete it, so that it may be
    /// named without being put.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The index or the objects are away.</exception>
    public Task<bool> IsKeptAsync(Digest digest, CancellationToken cancellationToken = default) =>
        Packed is null ? ExistsAsync(digest, cancellationToken) : Packed.IsKeptAsync(Checked(digest), cancellationToken);

    /// <summary>All content that is stored, in no order that matters; what is there in both forms comes twice.</summary>
    public async IAsyncEnumerable<ContentInfo> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Packed is not null)
        {
            await foreach (var part in Packed.Index.ListContentsAsync(cancellationToken).ConfigureAwait(false))
            {
                foreach (var entry in part)
                    yield return new ContentInfo(entry.Entry.Digest, entry.Entry.ContentBytes);
            }
        }

        await foreach (var found in _whole.ListAsync(cancellationToken).ConfigureAwait(false))
            yield return found;
    }

    /// <summary>
    /// Opens content for reading from the front. Its last bytes are given only after all were checked: if they are not what was
    /// stored, opening or reading throws <see cref="IntegrityException"/> in place of ending. The length is known.
    /// </summary>
    /// <exception cref="NotFoundException">There is no such content.</exception>
    /// <exception cref="IntegrityException">What is stored is damaged; the message names the object.</exception>
    public async Task<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken = default)
    {
        var entry = Packed is null ? null : await Packed.FindAsync(Checked(digest), cancellationToken).ConfigureAwait(false);
        if (entry is { IsDamaged: false })
            return await Packed!.OpenReadAsync(entry, cancellationToken).ConfigureAwait(false);
        if (await _whole.TryOpenAsync(Checked(digest), cancellationToken).ConfigureAwait(false) is { } whole)
            return whole;

        // a collection may have packed the whole object meanwhile
        if (entry is null && Packed is not null)
            entry = await Packed.FindAsync(digest, cancellationToken).ConfigureAwait(false);
        return entry is null
            ? throw new NotFoundException($"There is no content {digest} in '{Objects.Location}'.")
            : await Packed!.OpenReadAsync(entry, cancellationToken).ConfigureAwait(false);
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
    /// one, or not at all; after a power failure, which can take what was written last, write it again. What killed attempts left in
    /// the folder, <c>.~</c> and 32 hexadecimal digits, is deleted after a day.
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
        path = Path.GetFullPath(path);
        var stream = await OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
            await TargetFile.WriteAsync(path, stream, progress, cancellationToken).ConfigureAwait(false);
        _leftovers.Sweep(Path.GetDirectoryName(path)!);
    }

    /// <summary>
    /// Makes content a read-only file, whose folder is created if missing. The file appears whole and checked, in place of an
    /// earlier one, or not at all; one that is the content already stays. An interrupted attempt is gone on with, and one under way
    /// elsewhere is waited for. What a power failure has taken of it is found, and put right, when it is asked for again. What
    /// interrupted attempts left in the folder, <c>.~…</c>, and nobody has gone on with for a day is deleted when another file is made there.
    /// </summary>
    /// <param name="digest">The content.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">Whether blocks are shared between files; plain copies when null.</param>
    /// <param name="progress">Told how many bytes are there.</param>
    /// <param name="cancellationToken">Cancels; then the path is as it was.</param>
    /// <exception cref="NotFoundException">There is no such content.</exception>
    /// <exception cref="IntegrityException">What is stored is damaged.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task MaterializeAsync(
        Digest digest, string path, MaterializeOptions? options = null, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new MaterializeOptions();
        options.Validate();
        path = Path.GetFullPath(path);
        await new MaterializedFile(this, Checked(digest), progress).WriteAsync(path, options, cancellationToken).ConfigureAwait(false);
        _leftovers.Sweep(Path.GetDirectoryName(path)!);
        if (options.CacheFolder is { } cache)
            _leftovers.Sweep(Path.GetFullPath(cache), isCache: true);
    }

    /// <summary>
    /// Opens what is left of content behind those chunks that the caller says to have; the size is that of the whole, whose digest
    /// is left to the caller. Chunks are checked where that is asked for.
    /// </summary>
    internal async Task<(Stream Tail, long SizeBytes)> OpenRestAsync(
        Digest digest, Func<ContentInfo, CancellationToken, Task<bool>> hasAsync, bool checksChunks, CancellationToken cancellationToken)
    {
        if (Packed is not null && await Packed.FindAsync(digest, cancellationToken).ConfigureAwait(false) is { IsDamaged: false, Entry.Kind: PackEntryKind.Manifest } entry)
            return (await Packed.OpenRestAsync(entry, hasAsync, checksChunks, cancellationToken).ConfigureAwait(false), entry.Entry.ContentBytes);
        var whole = await OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
        return (whole, whole.Length);
    }

    /// <summary>
    /// Deletes, in two runs, what no record of the metadata store and no series of digests names any more: the first condemns it,
    /// one after the grace deletes it, and condemns the packs of which nothing is left; one after their grace frees their space. A
    /// dry run by default. Puts and reads may go on meanwhile.
    /// </summary>
    /// <param name="options">Whether really, and after how long; a dry run when null.</param>
    /// <param name="cancellationToken">Cancels; what was deleted is gone, the rest is as before.</param>
    /// <exception cref="ConflictException">Another collection is under way.</exception>
    /// <exception cref="StorageUnavailableException">A store is away, or the machine slept so long that another collection may have begun; begin again.</exception>
    /// <exception cref="IntegrityException">The list of the chunks of a content is damaged, so what is in use is not known; nothing was deleted.</exception>
    /// <exception cref="InvalidOperationException">There is no index.</exception>
    public Task<GarbageReport> CollectGarbageAsync(GarbageOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new GarbageOptions();
        options.Validate();
        return new GarbageCollection(Indexed(), _whole, options).RunAsync(cancellationToken);
    }

    /// <summary>
    /// Reads stored objects and checks every byte against its digest, going on where the last scrub ended. What is damaged is put
    /// into quarantine, where storing the content again repairs it.
    /// </summary>
    /// <param name="budgetBytes">How many bytes to read, at least 1; an object that was begun is read to its end, so it can be some more.</param>
    /// <param name="progress">Told the bytes read so far.</param>
    /// <param name="cancellationToken">Cancels; the next scrub begins where this one did.</param>
    /// <exception cref="InvalidOperationException">There is no index.</exception>
    public Task<ScrubReport> ScrubAsync(long budgetBytes, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(budgetBytes);
        return new ContentScrub(Indexed(), _whole).RunAsync(budgetBytes, progress, cancellationToken);
    }

    /// <summary>
    /// Brings into the index what the packs hold and it does not have, or has only in a pack that is gone, or only in quarantine while
    /// another pack has it sound. Needed only after the index was lost or replaced by an older one, or packs were brought back.
    /// </summary>
    /// <exception cref="ConflictException">A collection of garbage is under way.</exception>
    /// <exception cref="InvalidOperationException">There is no index.</exception>
    public Task<IndexRebuildReport> RebuildIndexAsync(CancellationToken cancellationToken = default) =>
        new IndexRebuild(Indexed()).RunAsync(cancellationToken);

    /// <summary>
    /// Does something for which all must stay that the index names at its beginning, however long it takes and whatever is collected
    /// meanwhile, such as a copy of the index and then of the objects that it names.
    /// </summary>
    /// <param name="work">Done once.</param>
    /// <param name="cancellationToken">Cancels the wait for the lease; the work is cancelled by its own means.</param>
    /// <exception cref="InvalidOperationException">There is no index.</exception>
    public async Task<T> HoldAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);

        // a store that cannot be written is not swept either
        using var use = await Indexed().TryEnterAsync(cancellationToken).ConfigureAwait(false);
        return await (use is null ? work() : use.WaitAsync(work())).ConfigureAwait(false);
    }

    /// <summary>
    /// Copies the packs that the index speaks of, and the whole objects of contents that it does not have or whose repair is still
    /// one, to another object store as they are, checked on the way. With a copy of the metadata store they are a copy of the contents.
    /// </summary>
    /// <param name="target">Where to.</param>
    /// <param name="digests">The contents.</param>
    /// <param name="trustsPresent">Whether objects that are there are left alone; otherwise they are compared, and replaced if damaged.</param>
    /// <param name="progress">Told the share that is done, 0 to 1.</param>
    /// <param name="cancellationToken">Cancels; what was copied stays.</param>
    /// <exception cref="InvalidOperationException">There is no index.</exception>
    public Task<ObjectCopyReport> CopyObjectsAsync(
        IObjectStore target, IReadOnlySet<Digest> digests, bool trustsPresent = false, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(digests);
        return new ObjectCopy(Indexed(), Objects, target, trustsPresent).RunAsync(digests, progress, cancellationToken);
    }

    /// <summary>
    /// What is wrong with contents, as far as can be said without reading them: those that are missing, in part or in whole, and
    /// those in quarantine.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no index.</exception>
    public async IAsyncEnumerable<(Digest Digest, string Problem)> CheckAsync(
        IEnumerable<Digest> digests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(digests);
        var check = new ContentCheck(Indexed(), _whole);
        foreach (var digest in digests)
        {
            if (await check.FindProblemAsync(digest, cancellationToken).ConfigureAwait(false) is { } problem)
                yield return (digest, problem);
        }
    }

    private async Task<bool> IsPackedAsync(Digest digest, CancellationToken cancellationToken) =>
        Packed is not null && await Packed.FindAsync(digest, cancellationToken).ConfigureAwait(false) is { IsDamaged: false };

    private PackedContents Indexed() =>
        Packed ?? throw new InvalidOperationException($"The contents in '{Objects.Location}' have no index; open the content store with its metadata store.");

    private static Digest Checked(Digest digest) =>
        digest.IsEmpty ? throw new ArgumentException("The digest is empty; it names no content.", nameof(digest)) : digest;

    private static MemoryStream InMemory(ReadOnlyMemory<byte> content) =>
        MemoryMarshal.TryGetArray(content, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false, publiclyVisible: true)
            : new MemoryStream(content.ToArray(), writable: false);

    /// <summary>Stores one object that is checked as it is read.</summary>
    internal async Task PutWholeAsync(ContentInfo info, Func<Stream> open, CancellationToken cancellationToken)
    {
        try
        {
            await _whole.PutAsync(info, open, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException e) when (Packed is not null)
        {
            // in packs it is not
            throw new StorageUnavailableException(
                $"The index of contents is away, and a content of {info.SizeBytes} bytes is too large to be one object in '{Objects.Location}'; store it when the metadata store is back.", e);
        }
    }
}

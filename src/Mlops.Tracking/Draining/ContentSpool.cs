using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Where the contents of artifacts wait while the object store is away: a folder beside the journal, from which the drain brings
/// them over before it commits the batch that names them (W1), whoever drains. They stay until that is committed, since what
/// nothing names may be collected. Thread-safe.
/// </summary>
internal sealed class ContentSpool
{
    private const string FolderName = "spool";
    private const string AsideName = "damaged";
    private readonly FolderObjectStore _objects;
    private readonly ContentStore _local;
    private readonly string _asideFolder;
    private readonly ILogger _logger;

    // by this process, but not named yet
    private readonly ConcurrentDictionary<Digest, bool> _delivered = new();

    // told once, however often the drain comes by
    private readonly ConcurrentDictionary<Digest, bool> _damaged = new();

    // a folder is not away; where its disk is full, the caller is told
    private readonly bool _isFolder;
    private volatile bool _holdsAny;

    // since a put failed, until the drain has delivered something: who logs meanwhile does not try in vain again
    private volatile bool _isAway;

    /// <param name="writerPath">The folder of the writer's journal.</param>
    /// <param name="target">Where contents belong.</param>
    /// <param name="logger">Told of waiting contents.</param>
    public ContentSpool(string writerPath, ContentStore target, ILogger logger)
    {
        Target = target;
        _objects = new FolderObjectStore(Path.Combine(writerPath, FolderName));
        _local = new ContentStore(_objects, writerPath);
        _asideFolder = Path.Combine(Path.GetDirectoryName(writerPath)!, AsideName);
        _logger = logger;
        _isFolder = target.Objects is FolderObjectStore;
        _holdsAny = IsIn(writerPath);
    }

    /// <summary>Where contents belong.</summary>
    public ContentStore Target { get; }

    /// <summary>How many contents this machine's disk has damaged while they waited.</summary>
    public int Lost => _damaged.Count;

    /// <summary>Whether contents may wait beside a writer's journal.</summary>
    public static bool IsIn(string writerPath) => Directory.Exists(Path.Combine(writerPath, FolderName));

    public Task<ContentInfo> PutAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        PutAsync(store => store.PutAsync(content, cancellationToken));

    public Task<ContentInfo> PutFileAsync(string path, IProgress<long>? progress, CancellationToken cancellationToken) =>
        PutAsync(store => store.PutFileAsync(path, progress, cancellationToken));

    public async Task<ContentInfo> PutAsync(Stream content, CancellationToken cancellationToken)
    {
        if (content.CanSeek)
        {
            var start = content.Position;
            return await PutAsync(store =>
            {
                content.Position = start;
                return store.PutAsync(content, cancellationToken);
            }).ConfigureAwait(false);
        }

        if (_isFolder)
            return await Target.PutAsync(content, cancellationToken).ConfigureAwait(false);

        // what can be read only once is put beyond the reach of an outage first
        _holdsAny = true;
        var info = await _local.PutAsync(content, cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_isAway)
                await DeliverAsync(info.Digest, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageUnavailableException e)
        {
            WaitFor(info, e);
        }

        return info;
    }

    /// <summary>Brings over what waits of the contents that a batch names.</summary>
    /// <exception cref="StorageUnavailableException">The object store is still away.</exception>
    public async Task DeliverAsync(Batch batch, CancellationToken cancellationToken)
    {
        if (!_holdsAny)
            return;
        foreach (var digest in NamedBy(batch))
            await DeliverAsync(digest, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes what was brought over for a batch that is in the store now, or never will be.</summary>
    public async Task RemoveDeliveredAsync(Batch batch)
    {
        if (_delivered.IsEmpty)
            return;
        foreach (var digest in NamedBy(batch).Where(d => _delivered.TryRemove(d, out _)))
        {
            try
            {
                await _objects.DeleteAsync(ContentStore.NameOf(digest)).ConfigureAwait(false);
            }
            catch (StorageUnavailableException)
            {
                // it goes with the journal
            }
        }
    }

    /// <summary>
    /// Looks for damage in what still waits once the journal is in the store, as a delivery found it that was interrupted. What is
    /// sound is named by nothing: its logger died first.
    /// </summary>
    public async Task FindDamagedAsync(CancellationToken cancellationToken)
    {
        if (!_holdsAny)
            return;
        await foreach (var content in _local.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!_damaged.ContainsKey(content.Digest) && !await IsSoundAsync(content.Digest, cancellationToken).ConfigureAwait(false))
                _damaged[content.Digest] = true;
        }
    }

    /// <summary>Moves damaged contents out of a folder that is about to be removed, since each may be the only copy.</summary>
    /// <exception cref="IOException">One cannot be moved.</exception>
    public void SetDamagedAside()
    {
        foreach (var digest in _damaged.Keys.Where(digest => File.Exists(PathOf(digest))))
        {
            var path = Path.Combine(Directory.CreateDirectory(_asideFolder).FullName, digest.ToString());
            File.Move(PathOf(digest), path, overwrite: true);
            TrackingLog.SetAside(_logger, digest, path);
        }
    }

    private async Task<ContentInfo> PutAsync(Func<ContentStore, Task<ContentInfo>> put)
    {
        if (_isAway)
            return await put(_local).ConfigureAwait(false);
        try
        {
            return await put(Target).ConfigureAwait(false);
        }
        catch (StorageUnavailableException e) when (!_isFolder)
        {
            _holdsAny = true;
            var info = await put(_local).ConfigureAwait(false);
            WaitFor(info, e);
            return info;
        }
    }

    private static IEnumerable<Digest> NamedBy(Batch batch) =>
        batch.Changes.SelectMany(c => c.Fields).SelectMany(f => f.Values).Where(v => v.Type == FieldType.Digest).Select(v => v.AsDigest)
            .Concat(batch.Appends.Where(a => a.Points.Type == SeriesType.Digest).SelectMany(a => a.Points.Digests.ToArray()))
            .Distinct();

    private void WaitFor(ContentInfo content, StorageUnavailableException cause)
    {
        _isAway = true;
        TrackingLog.Spooled(_logger, content.Digest, content.SizeBytes, cause);
    }

    private async Task DeliverAsync(Digest digest, CancellationToken cancellationToken)
    {
        for (var isRetry = false; !_damaged.ContainsKey(digest) && await _local.ExistsAsync(digest, cancellationToken).ConfigureAwait(false); isRetry = true)
        {
            try
            {
                // where it is away, that is told before the content is read
                var whole = await Target.Objects.FindAsync(ContentStore.NameOf(digest), cancellationToken).ConfigureAwait(false);

                // a collection may have taken what was brought over for a batch that could not be committed since
                if (_delivered.ContainsKey(digest) && (whole is not null || await Target.IsKeptAsync(digest, cancellationToken).ConfigureAwait(false)))
                    return;

                // a file is read again where it is, a stream would be copied first while the index is away
                var put = await Target.PutFileAsync(PathOf(digest), progress: null, cancellationToken).ConfigureAwait(false);
                if (put.Digest != digest)
                    throw new IntegrityException($"Content {digest}, which waits at '{PathOf(digest)}', is damaged: its bytes do not match its digest.");
                _isAway = false;
                _delivered[digest] = true;
                return;
            }
            catch (FileNotFoundException)
            {
                return; // another delivery was first
            }
            catch (Exception e) when (e is IntegrityException or ConflictException or IOException)
            {
                if (!await IsSoundAsync(digest, cancellationToken).ConfigureAwait(false))
                {
                    // what this machine's disk has damaged cannot be delivered, and must not hold back the rest; a check finds it
                    // missing. It stays while the journal does, since it may be the only copy, and is set aside then
                    if (_damaged.TryAdd(digest, true))
                        TrackingLog.SpoolDamaged(_logger, digest, e);
                    return;
                }

                // lines can fail too; or else it is the object store's fault
                if (isRetry)
                    throw;
            }
        }
    }

    private string PathOf(Digest digest) => Path.Combine(_objects.Location, ContentStore.NameOf(digest).Value.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>Whether the bytes of what waits are right; true too if it does not wait any more.</summary>
    private async Task<bool> IsSoundAsync(Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            var content = await _local.OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
            await using (content.ConfigureAwait(false))
                await content.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (NotFoundException)
        {
            return true;
        }
        catch (Exception e) when (e is IntegrityException or IOException)
        {
            return false; // also where the disk cannot read it any more
        }
    }
}

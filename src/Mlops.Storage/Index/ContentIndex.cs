using System.Runtime.CompilerServices;

namespace Mlops.Storage;

/// <summary>
/// Says where each chunk and content is: one cell each, <c>chunk/ab…</c> and <c>content/ab…</c>, which can be made anew from the
/// packs; and how the store cuts, which cannot.
/// </summary>
internal sealed class ContentIndex(IMetadataStore store, TimeProvider time)
{
    private const string ChunkPrefix = "chunk/";
    private const string ContentPrefix = "content/";
    private const string ProfileKey = "content-profile";
    private const int KeysTogether = 1000;
    private ChunkProfile? _profile;

    public IMetadataStore Store => store;

    public TimeProvider Time => time;

    public IndexOutage Outage { get; } = new(time);

    public static string PrefixOf(PackEntryKind kind) => kind == PackEntryKind.Chunk ? ChunkPrefix : ContentPrefix;

    public static string KeyOf(PackEntryKind kind, Digest digest) => PrefixOf(kind) + digest;

    /// <summary>How this store cuts; the first to ask decides it for ever.</summary>
    /// <exception cref="StoreVersionException">It cuts in a way that this release does not know.</exception>
    public async Task<ChunkProfile> GetProfileAsync(CancellationToken cancellationToken)
    {
        while (_profile is null)
        {
            if (await FindCellAsync(ProfileKey, cancellationToken).ConfigureAwait(false) is { } cell)
            {
                _profile = ChunkProfile.Parse(System.Text.Encoding.UTF8.GetString(cell.Value.Span));
                break;
            }

            try
            {
                var text = System.Text.Encoding.UTF8.GetBytes(ChunkProfile.Default.ToString());
                await CommitAsync([new CellWrite { Key = ProfileKey, Value = text, ExpectedVersion = 0 }], cancellationToken).ConfigureAwait(false);
            }
            catch (ConflictException)
            {
                // another process was first; its choice is read next
            }
        }

        return _profile.Value;
    }

    /// <summary>Where a content is; for reads, whose trouble says nothing of the puts.</summary>
    public async Task<IndexEntry?> FindContentAsync(Digest digest, CancellationToken cancellationToken) =>
        await store.FindCellAsync(KeyOf(PackEntryKind.Content, digest), cancellationToken).ConfigureAwait(false) is { } cell ? IndexEntry.Read(cell) : null;

    public Task<Cell?> FindCellAsync(string key, CancellationToken cancellationToken) => AskAsync(() => store.FindCellAsync(key, cancellationToken));

    /// <summary>What is known of these chunks, or of these contents.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="digests">Their digests.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="unreadable">Takes the versions of cells that do not hold an entry; null if none may be met.</param>
    /// <exception cref="IntegrityException">A cell does not hold an entry.</exception>
    public async Task<Dictionary<Digest, IndexEntry>> FindAsync(
        PackEntryKind kind, IEnumerable<Digest> digests, CancellationToken cancellationToken, Dictionary<string, long>? unreadable = null)
    {
        Dictionary<Digest, IndexEntry> found = [];
        foreach (var keys in digests.Distinct().Select(d => KeyOf(kind, d)).Chunk(KeysTogether))
        {
            foreach (var cell in await AskAsync(() => store.FindCellsAsync(keys, cancellationToken)).ConfigureAwait(false))
            {
                var entry = unreadable is null ? IndexEntry.Read(cell) : IndexEntry.TryRead(cell);
                if (entry is null)
                    unreadable![cell.Key] = cell.Version;
                else
                    found[entry.Entry.Digest] = entry;
            }
        }

        return found;
    }

    /// <summary>
    /// What a put may rely on: entries that can be read, whose bytes are not known to be damaged, and of which none is condemned any more when this
    /// returns. A sweep that was about to delete one either has it by now, and it is absent here, or leaves it.
    /// </summary>
    public async Task<Dictionary<Digest, IndexEntry>> FindUsableAsync(
        PackEntryKind kind, IReadOnlyCollection<Digest> digests, ContentLease.Use use, CancellationToken cancellationToken)
    {
        while (true)
        {
            var found = await FindAsync(kind, digests, cancellationToken, unreadable: []).ConfigureAwait(false);
            foreach (var damaged in found.Values.Where(e => e.IsDamaged).ToList())
                found.Remove(damaged.Entry.Digest);
            var condemned = found.Values.Where(e => e.Condemned is not null).ToList();
            if (condemned.Count == 0)
                return found;
            try
            {
                await use.CommitAsync([.. condemned.Select(e => (e with { Condemned = null }).ToWrite(e.Version))], cancellationToken).ConfigureAwait(false);
            }
            catch (ConflictException)
            {
                // another put or the sweep was first with one of them: look again
            }
        }
    }

    /// <summary>All entries, a part at a time, so that millions need little memory.</summary>
    private async IAsyncEnumerable<IReadOnlyList<IndexEntry>> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var cells in ListCellsAsync(prefix, cancellationToken).ConfigureAwait(false))
            yield return [.. cells.Select(IndexEntry.Read)];
    }

    private async IAsyncEnumerable<IReadOnlyList<Cell>> ListCellsAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var part = 0; part < 256; part++)
        {
            var cells = await store.ListCellsAsync($"{prefix}{part:x2}", cancellationToken).ConfigureAwait(false);
            if (cells.Count > 0)
                yield return cells;
        }
    }

    /// <summary>The cells that do not hold an entry.</summary>
    public async Task<List<Cell>> ListUnreadableAsync(CancellationToken cancellationToken)
    {
        List<Cell> unreadable = [];
        foreach (var prefix in (string[])[ContentPrefix, ChunkPrefix])
        {
            await foreach (var cells in ListCellsAsync(prefix, cancellationToken).ConfigureAwait(false))
                unreadable.AddRange(cells.Where(c => IndexEntry.TryRead(c) is null));
        }

        return unreadable;
    }

    public IAsyncEnumerable<IReadOnlyList<IndexEntry>> ListChunksAsync(CancellationToken cancellationToken) => ListAsync(ChunkPrefix, cancellationToken);

    public IAsyncEnumerable<IReadOnlyList<IndexEntry>> ListContentsAsync(CancellationToken cancellationToken) => ListAsync(ContentPrefix, cancellationToken);

    public async IAsyncEnumerable<IReadOnlyList<IndexEntry>> ListAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var part in ListContentsAsync(cancellationToken).ConfigureAwait(false))
            yield return part;
        await foreach (var part in ListChunksAsync(cancellationToken).ConfigureAwait(false))
            yield return part;
    }

    /// <exception cref="ConflictException">A cell is not as expected; nothing was written.</exception>
    public async Task CommitAsync(IReadOnlyList<CellWrite> cells, CancellationToken cancellationToken)
    {
        var batch = new Batch { Actor = "content-store", ClientTime = time.GetUtcNow(), Cells = cells };
        await AskAsync(() => store.CommitAsync(batch, cancellationToken)).ConfigureAwait(false);
        Outage.End();
    }

    /// <summary>Commits those writes whose cells are as expected, and returns the others, which were left out.</summary>
    public Task<IReadOnlyList<CellWrite>> CommitUnchangedAsync(IReadOnlyList<CellWrite> writes, CancellationToken cancellationToken) =>
        CommitUnchangedAsync(writes, some => CommitAsync(some, cancellationToken));

    /// <summary>Commits those writes whose cells are as expected, and returns the others, which were left out.</summary>
    public static async Task<IReadOnlyList<CellWrite>> CommitUnchangedAsync(IReadOnlyList<CellWrite> writes, Func<IReadOnlyList<CellWrite>, Task> commit)
    {
        if (writes.Count == 0)
            return [];
        try
        {
            await commit(writes).ConfigureAwait(false);
            return [];
        }
        catch (ConflictException) when (writes.Count == 1)
        {
            return writes;
        }
        catch (ConflictException)
        {
            // which one it was is not told: halves find it
            var half = writes.Count / 2;
            return
            [
                .. await CommitUnchangedAsync([.. writes.Take(half)], commit).ConfigureAwait(false),
                .. await CommitUnchangedAsync([.. writes.Skip(half)], commit).ConfigureAwait(false),
            ];
        }
    }

    private async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (StorageUnavailableException)
        {
            Outage.Note();
            throw;
        }
    }
}

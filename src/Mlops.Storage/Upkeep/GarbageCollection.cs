using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Mlops.Storage;

/// <summary>
/// Finds what no record names, and deletes it in two phases (G1): a first run condemns it, a later one deletes it once the grace
/// is over, if it is still condemned and no put or read is older than its condemnation. A put that finds something condemned
/// takes it back by compare-and-set, so either it keeps it or it stores it anew. A pack of which that leaves nothing in the index is
/// condemned in its turn.
/// </summary>
internal sealed class GarbageCollection(PackedContents contents, WholeObjects whole, GarbageOptions options)
{
    private const string PackPrefix = "condemned/pack/";
    private const string WholePrefix = "condemned/whole/";
    private const int MostItems = 1000;
    private const int WritesTogether = 1000;
    private readonly List<GarbageItem> _items = [];
    private readonly Dictionary<Digest, (long Bytes, bool HasSound)> _used = [];
    private readonly Dictionary<Digest, List<PackEntry>> _withoutFooter = [];
    private readonly List<(ContentInfo Content, bool IsNew)> _doubles = []; // whole objects of named contents that are in packs
    private readonly List<CellWrite> _writes = [];
    private DateTimeOffset _begun;
    private (DateTimeOffset Since, string Who)? _oldest;
    private UpkeepLease? _lease; // null in a dry run
    private long _condemned;
    private long _deleted;
    private long _freed;

    public async Task<GarbageReport> RunAsync(CancellationToken cancellationToken)
    {
        if (options.IsDryRun)
            return await SweepAsync(cancellationToken).ConfigureAwait(false);
        await contents.Lease.ReleaseAsync(cancellationToken).ConfigureAwait(false);
        return await UpkeepLease.WithAsync(contents.Index, lease =>
        {
            _lease = lease;
            return SweepAsync(cancellationToken);
        }, cancellationToken).ConfigureAwait(false);
    }

    private async Task<GarbageReport> SweepAsync(CancellationToken cancellationToken)
    {
        _begun = Now;
        var live = await LiveContents.MarkAsync(contents, () => RenewAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        await PackWholeAsync(live, cancellationToken).ConfigureAwait(false);
        await live.AddUnreadAsync(d => WouldPackAsync(d, cancellationToken), cancellationToken).ConfigureAwait(false);
        foreach (var pack in await PackRewriting.ListWishesAsync(contents.Index.Store, cancellationToken).ConfigureAwait(false))
            _withoutFooter[pack] = [];
        _oldest = await ContentLease.FindOldestAsync(contents.Index.Store, cancellationToken).ConfigureAwait(false);

        // lists of chunks go before the chunks, so that none ever names what is gone
        await foreach (var part in contents.Index.ListAllAsync(cancellationToken).ConfigureAwait(false))
            await SweepAsync(part, live, cancellationToken).ConfigureAwait(false);
        await SweepDoublesAsync(cancellationToken).ConfigureAwait(false);
        var rewritten = await SweepPacksAsync(cancellationToken).ConfigureAwait(false);
        return new GarbageReport(options.IsDryRun, live.Contents, live.Chunks, _condemned, _deleted, _freed, rewritten, _items);
    }

    private DateTimeOffset Now => contents.Index.Time.GetUtcNow();

    private Task RenewAsync(CancellationToken cancellationToken) => _lease?.RenewIfDueAsync(cancellationToken) ?? Task.CompletedTask;

    private async Task SweepAsync(IReadOnlyList<IndexEntry> entries, LiveContents live, CancellationToken cancellationToken)
    {
        await RenewAsync(cancellationToken).ConfigureAwait(false);
        List<IndexEntry> deleting = [];
        foreach (var entry in entries)
        {
            if (live.Has(entry.Entry.Kind, entry.Entry.Digest))
            {
                if (entry.Condemned is not null)
                    _writes.Add((entry with { Condemned = null }).ToWrite(entry.Version));
                Use(entry);
                continue;
            }

            var state = StateOf(entry.Condemned is { } since ? Microseconds.ToTime(since) : null);
            if (state == GarbageState.Deleted)
            {
                _writes.Add(entry.ToDelete());
                deleting.Add(entry);
                continue;
            }

            if (state == GarbageState.Condemned)
                _writes.Add((entry with { Condemned = Microseconds.From(Now) }).ToWrite(entry.Version));
            Use(entry);
            Count(entry, state);
        }

        var kept = (await CommitAsync(cancellationToken).ConfigureAwait(false)).Select(w => w.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var entry in deleting)
        {
            if (kept.Contains(entry.Key))
                Use(entry); // a put took it back meanwhile
            else
                Count(entry, GarbageState.Deleted);
        }
    }

    private void Count(IndexEntry entry, GarbageState state)
    {
        Count(state);
        if (entry.Entry.Kind != PackEntryKind.Chunk)
            Report($"content {entry.Entry.Digest}", entry.Entry.ContentBytes, state, "no record names it");
    }

    private void Use(IndexEntry entry)
    {
        ref var used = ref CollectionsMarshal.GetValueRefOrAddDefault(_used, entry.Pack, out _);
        used = (used.Bytes + entry.Entry.Length, used.HasSound || !entry.IsDamaged);
        if (_withoutFooter.TryGetValue(entry.Pack, out var entries))
            entries.Add(entry.Entry);
    }

    private GarbageState StateOf(DateTimeOffset? condemned)
    {
        if (condemned is not { } since)
            return GarbageState.Condemned;

        // what was named within the grace was named before the mark began, and it was seen
        if (since + options.Grace > _begun)
            return GarbageState.InGrace;

        // a condemnation is written somewhat after its time, but not after the lease under which it was made
        return _oldest is { } oldest && oldest.Since <= since + UpkeepLease.Lifetime ? GarbageState.Leased : GarbageState.Deleted;
    }

    /// <summary>
    /// Brings whole objects into packs, where all garbage waits for its grace. A put while the index is away finds a whole object to be
    /// there and can tell nobody, so none is ever deleted whose bytes are not kept elsewhere.
    /// </summary>
    private async Task PackWholeAsync(LiveContents live, CancellationToken cancellationToken)
    {
        var isFull = false;
        await foreach (var content in whole.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            await RenewAsync(cancellationToken).ConfigureAwait(false);
            if (content.SizeBytes > Manifest.MostBytes)
                continue;
            var isLive = live.Has(PackEntryKind.Content, content.Digest);
            if (isLive && await IsPackedAsync(content.Digest, cancellationToken).ConfigureAwait(false))
            {
                _doubles.Add((content, IsNew: false));
                continue;
            }

            if (isFull)
                continue;
            try
            {
                if (!options.IsDryRun && !await PackAsync(content.Digest, cancellationToken).ConfigureAwait(false))
                    continue;
                if (isLive)
                {
                    await live.AddAsync(content.Digest, cancellationToken).ConfigureAwait(false);
                    _doubles.Add((content, IsNew: true));
                }
                else if (!options.IsDryRun)
                {
                    await RenewAsync(cancellationToken).ConfigureAwait(false);
                    await whole.DeleteAsync(content.Digest, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    Count(GarbageState.Condemned);
                    Report(content, waits: null);
                }
            }
            catch (IntegrityException)
            {
                // lines can fail too; and one that is named is repaired by storing it again, as a scrub says
                if (!isLive && await _lease!.WaitAsync(whole.IsSoundAsync(content.Digest, cancellationToken)).ConfigureAwait(false) is false)
                    Report(content, ", and it is damaged; delete it by hand");
            }
            catch (StorageUnavailableException e)
            {
                if (!isLive)
                    Report(content, $", and it cannot be packed: {e.Message}");
                isFull = true; // the rest must be freed all the same
            }
        }

        // what this packed is put, and must not hold up the sweep
        if (!options.IsDryRun)
            await contents.Lease.ReleaseAsync(cancellationToken).ConfigureAwait(false);

        void Report(ContentInfo content, string? waits) =>
            this.Report($"object '{WholeObjects.NameOf(content.Digest)}'", content.SizeBytes, GarbageState.Condemned, "no record names it", waits);
    }

    /// <summary>Whether this only does not pack a whole object because it is a dry run.</summary>
    private async Task<bool> WouldPackAsync(Digest digest, CancellationToken cancellationToken) =>
        options.IsDryRun && await whole.FindAsync(digest, cancellationToken).ConfigureAwait(false) is not null;

    private Task<bool> IsPackedAsync(Digest digest, CancellationToken cancellationToken) => _lease is null
        ? contents.IsKeptAsync(digest, cancellationToken)
        : _lease.WaitAsync(contents.IsSoundAsync(digest, cancellationToken));

    /// <summary>Whether it is in packs then and reads soundly; what does not, the next run's put replaces.</summary>
    private async Task<bool> PackAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (await whole.TryOpenAsync(digest, cancellationToken).ConfigureAwait(false) is not { } stream)
            return false;
        await using (stream.ConfigureAwait(false))
            await _lease!.WaitAsync(contents.PutAsync(stream, cancellationToken)).ConfigureAwait(false);
        return await IsPackedAsync(digest, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Deletes the whole objects of named contents that are in packs, after their grace: a backup may have a copy of the index that
    /// does not know the packs yet.
    /// </summary>
    private async Task SweepDoublesAsync(CancellationToken cancellationToken)
    {
        var condemned = await ListCondemnedAsync(WholePrefix, cancellationToken).ConfigureAwait(false);
        HashSet<string> gone = [.. condemned.Keys];
        foreach (var (content, isNew) in _doubles)
        {
            await RenewAsync(cancellationToken).ConfigureAwait(false);
            var key = WholePrefix + content.Digest;
            gone.Remove(key);
            if (isNew)
                condemned.Remove(key);
            await SweepAsync(key, WholeObjects.NameOf(content.Digest), content.SizeBytes, "its content is in packs", condemned, cancellationToken).ConfigureAwait(false);
        }

        _writes.AddRange(gone.Select(key => new CellWrite { Key = key }));
        await CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<long> SweepPacksAsync(CancellationToken cancellationToken)
    {
        var condemned = await ListCondemnedAsync(PackPrefix, cancellationToken).ConfigureAwait(false);
        HashSet<string> gone = [.. condemned.Keys];
        using var rewriting = new PackRewriting(contents, _withoutFooter);
        await foreach (var pack in contents.Packs.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            await RenewAsync(cancellationToken).ConfigureAwait(false);
            var key = PackPrefix + pack.Name;
            gone.Remove(key);
            if (_used.TryGetValue(pack.Name, out var used)) // empty contents have no bytes there
            {
                Pardon(key, condemned);
                if (used.HasSound) // else nothing of it can be moved
                    rewriting.Consider(pack, used.Bytes);
                continue;
            }

            // it may be of a put under way, or somebody read the index when it still named it: it waits like a content
            await SweepAsync(key, PackStore.NameOf(pack.Name), pack.SizeBytes, "nothing of it is in the index", condemned, cancellationToken).ConfigureAwait(false);
        }

        _writes.AddRange(gone.Select(key => new CellWrite { Key = key }));
        _writes.AddRange(_withoutFooter.Keys.Select(PackRewriting.Withdraw)); // what cannot be done now, a scrub asks for again
        if (_lease is not null)
        {
            foreach (var moved in await rewriting.RunAsync(_lease, cancellationToken).ConfigureAwait(false))
                _writes.Add(Condemnation(PackPrefix + moved));
        }

        await CommitAsync(cancellationToken).ConfigureAwait(false);
        return rewriting.CandidateBytes;
    }

    /// <summary>Since when objects are condemned: packs that no entry of the index speaks of, or whole objects.</summary>
    private async Task<Dictionary<string, DateTimeOffset>> ListCondemnedAsync(string prefix, CancellationToken cancellationToken) =>
        (await contents.Index.Store.ListCellsAsync(prefix, cancellationToken).ConfigureAwait(false)).ToDictionary(
            c => c.Key, c => Microseconds.ToTime(BinaryPrimitives.ReadInt64LittleEndian(c.Value.Span)), StringComparer.Ordinal);

    private async Task SweepAsync(
        string key, ObjectName name, long sizeBytes, string why, Dictionary<string, DateTimeOffset> condemned, CancellationToken cancellationToken)
    {
        var state = StateOf(condemned.TryGetValue(key, out var since) ? since : null);
        if (state == GarbageState.Condemned)
            _writes.Add(Condemnation(key));
        if (state == GarbageState.Deleted)
        {
            if (!options.IsDryRun)
                await contents.Packs.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
            _writes.Add(new CellWrite { Key = key });
            _freed += sizeBytes;
        }

        Report($"object '{name}'", sizeBytes, state, why);
    }

    private void Pardon(string key, Dictionary<string, DateTimeOffset> condemned)
    {
        if (condemned.ContainsKey(key))
            _writes.Add(new CellWrite { Key = key });
    }

    private CellWrite Condemnation(string key)
    {
        var since = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(since, Microseconds.From(Now));
        return new CellWrite { Key = key, Value = since };
    }

    private void Count(GarbageState state)
    {
        if (state == GarbageState.Condemned)
            _condemned++;
        if (state == GarbageState.Deleted)
            _deleted++;
    }

    private void Report(string what, long bytes, GarbageState state, string why, string? waits = null)
    {
        if (_items.Count == MostItems)
            return;
        waits ??= state switch
        {
            GarbageState.Condemned => $", since now; it can be deleted after {options.Grace}",
            GarbageState.InGrace => $", but not for {options.Grace} yet",
            GarbageState.Leased => $", but {_oldest!.Value.Who} puts or reads since {_oldest.Value.Since:u}",
            _ => "",
        };
        _items.Add(new GarbageItem(what, bytes, state, why + waits));
    }

    /// <summary>Writes what a put did not change meanwhile, and returns the rest.</summary>
    private async Task<IReadOnlyList<CellWrite>> CommitAsync(CancellationToken cancellationToken)
    {
        List<CellWrite> changed = [];
        if (_lease is not null)
        {
            foreach (var together in _writes.Chunk(WritesTogether))
                changed.AddRange(await _lease.CommitUnchangedAsync(together, cancellationToken).ConfigureAwait(false));
        }

        _writes.Clear();
        return changed;
    }
}

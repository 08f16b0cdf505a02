using System.Buffers.Binary;

namespace Mlops.Storage;

/// <summary>
/// Finds what no record names, and deletes it in two phases (G1): a first run condemns it, a later one deletes it once the grace
/// is over, if it is still condemned and no put or read is older than its condemnation. A put that finds something condemned
/// takes it back by compare-and-set, so either it keeps it or it stores it anew.
/// </summary>
internal sealed class GarbageCollection(PackedContents contents, WholeObjects whole, GarbageOptions options)
{
    private const string LeaseKey = "lease/garbage";
    private const string WholePrefix = "whole/";
    private const int MostItems = 1000;
    private const int WritesTogether = 1000;
    private static readonly TimeSpan LeaseLifetime = TimeSpan.FromMinutes(30);
    private readonly List<GarbageItem> _items = [];
    private readonly Dictionary<Digest, long> _used = [];
    private readonly List<CellWrite> _writes = [];
    private (DateTimeOffset Since, string Who)? _oldest;
    private DateTimeOffset _now;
    private long _condemned;
    private long _deleted;
    private long _freed;

    public async Task<GarbageReport> RunAsync(CancellationToken cancellationToken)
    {
        if (options.IsDryRun)
            return await SweepAsync(cancellationToken).ConfigureAwait(false);
        await contents.Lease.ReleaseAsync(cancellationToken).ConfigureAwait(false);
        await TakeLeaseAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await SweepAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await contents.Index.CommitAsync([new CellWrite { Key = LeaseKey }], CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task TakeLeaseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await contents.Index.CommitAsync(
                [new CellWrite { Key = LeaseKey, Value = new byte[1], Lifetime = LeaseLifetime, ExpectedVersion = 0 }], cancellationToken).ConfigureAwait(false);
        }
        catch (ConflictException e)
        {
            throw new ConflictException("Garbage of this store is being collected already, or a collection was killed within the last half hour; try again later.", e);
        }
    }

    private async Task<GarbageReport> SweepAsync(CancellationToken cancellationToken)
    {
        var live = await LiveContents.MarkAsync(contents, cancellationToken).ConfigureAwait(false);
        _now = contents.Index.Time.GetUtcNow();
        _oldest = await ContentLease.FindOldestAsync(contents.Index.Store, cancellationToken).ConfigureAwait(false);

        // lists of chunks go before the chunks, so that none ever names what is gone
        await foreach (var part in contents.Index.ListContentsAsync(cancellationToken).ConfigureAwait(false))
            await SweepAsync(part, live, cancellationToken).ConfigureAwait(false);
        await foreach (var part in contents.Index.ListChunksAsync(cancellationToken).ConfigureAwait(false))
            await SweepAsync(part, live, cancellationToken).ConfigureAwait(false);
        await SweepWholeAsync(live, cancellationToken).ConfigureAwait(false);
        var rewritten = await SweepPacksAsync(cancellationToken).ConfigureAwait(false);
        return new GarbageReport(options.IsDryRun, live.Contents, live.Chunks, _condemned, _deleted, _freed, rewritten, _items);
    }

    private async Task SweepAsync(IReadOnlyList<IndexEntry> entries, LiveContents live, CancellationToken cancellationToken)
    {
        foreach (var entry in entries)
        {
            var isKept = true;
            if (live.Has(entry.Entry.Kind, entry.Entry.Digest))
            {
                if (entry.Condemned is not null)
                    _writes.Add((entry with { Condemned = null }).ToWrite(entry.Version));
            }
            else
            {
                var state = StateOf(entry.Condemned is { } since ? Microseconds.ToTime(since) : null);
                if (state == GarbageState.Condemned)
                    _writes.Add((entry with { Condemned = Microseconds.From(_now) }).ToWrite(entry.Version));
                if (state == GarbageState.Deleted)
                {
                    _writes.Add(entry.ToDelete());
                    isKept = false;
                }

                Count(state);
                if (entry.Entry.Kind != PackEntryKind.Chunk)
                    Report($"content {entry.Entry.Digest}", entry.Entry.ContentBytes, state, "no record names it");
            }

            if (isKept)
                _used[entry.Pack] = _used.GetValueOrDefault(entry.Pack) + entry.Entry.Length;
        }

        await CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private GarbageState StateOf(DateTimeOffset? condemned)
    {
        if (condemned is not { } since)
            return GarbageState.Condemned;
        if (since + options.Grace > _now)
            return GarbageState.InGrace;
        return _oldest is { } oldest && oldest.Since <= since ? GarbageState.Leased : GarbageState.Deleted;
    }

    /// <summary>Whole objects, which have no entry in the index; when they were condemned is a cell of its own.</summary>
    private async Task SweepWholeAsync(LiveContents live, CancellationToken cancellationToken)
    {
        var known = (await contents.Index.Store.ListCellsAsync(WholePrefix, cancellationToken).ConfigureAwait(false)).ToDictionary(c => c.Key, StringComparer.Ordinal);
        await foreach (var info in whole.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            var text = info.Name.Value[(info.Name.Value.LastIndexOf('/') + 1)..];
            var cell = known.GetValueOrDefault(WholePrefix + text);
            if (live.Has(PackEntryKind.Content, Digest.Parse(text)))
            {
                if (cell is not null)
                    _writes.Add(new CellWrite { Key = cell.Key });
                continue;
            }

            var state = StateOf(cell is null ? null : Microseconds.ToTime(BinaryPrimitives.ReadInt64LittleEndian(cell.Value.Span)));
            if (state == GarbageState.Condemned)
            {
                var since = new byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(since, Microseconds.From(_now));
                _writes.Add(new CellWrite { Key = WholePrefix + text, Value = since });
            }

            if (state == GarbageState.Deleted)
            {
                if (!options.IsDryRun)
                    await whole.DeleteAsync(info.Name, cancellationToken).ConfigureAwait(false);
                _writes.Add(new CellWrite { Key = WholePrefix + text });
                _freed += info.SizeBytes;
            }

            Count(state);
            Report($"object '{info.Name}'", info.SizeBytes, state, "no record names it");
        }

        await CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<long> SweepPacksAsync(CancellationToken cancellationToken)
    {
        var rewriting = new PackRewriting(contents);
        await foreach (var pack in contents.Packs.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            var used = _used.GetValueOrDefault(pack.Name);
            if (used > 0)
            {
                rewriting.Consider(pack, used);
                continue;
            }

            // young ones may be of a put that has not said yet where their entries are
            var state = StateOf(pack.Created);
            if (state == GarbageState.Deleted)
            {
                if (!options.IsDryRun)
                    await contents.Packs.DeleteAsync(pack.Name, cancellationToken).ConfigureAwait(false);
                _freed += pack.SizeBytes;
            }

            Report($"object '{PackStore.NameOf(pack.Name)}'", pack.SizeBytes, state, "nothing of it is in the index");
        }

        return options.IsDryRun ? rewriting.CandidateBytes : await rewriting.RunAsync(cancellationToken).ConfigureAwait(false);
    }

    private void Count(GarbageState state)
    {
        if (state == GarbageState.Condemned)
            _condemned++;
        if (state == GarbageState.Deleted)
            _deleted++;
    }

    private void Report(string what, long bytes, GarbageState state, string why)
    {
        if (_items.Count == MostItems)
            return;
        var waits = state switch
        {
            GarbageState.Condemned => $", since now; it can be deleted after {options.Grace}",
            GarbageState.InGrace => $", but not for {options.Grace} yet",
            GarbageState.Leased => $", but {_oldest!.Value.Who} puts or reads since {_oldest.Value.Since:u}",
            _ => "",
        };
        _items.Add(new GarbageItem(what, bytes, state, why + waits));
    }

    /// <summary>Writes what a put did not change meanwhile; what it did stays.</summary>
    private async Task CommitAsync(CancellationToken cancellationToken)
    {
        foreach (var together in options.IsDryRun ? [] : _writes.Chunk(WritesTogether))
            await contents.Index.CommitUnchangedAsync(together, cancellationToken).ConfigureAwait(false);
        _writes.Clear();
    }
}

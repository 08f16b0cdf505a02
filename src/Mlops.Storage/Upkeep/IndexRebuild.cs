namespace Mlops.Storage;

/// <summary>Makes the index of contents from the packs alone.</summary>
internal sealed class IndexRebuild(PackedContents contents)
{
    private const int ListsTogether = 500;

    /// <summary>Not beside a collection, which could delete a pack between its reading and its indexing.</summary>
    public Task<IndexRebuildReport> RunAsync(CancellationToken cancellationToken) =>
        UpkeepLease.WithAsync(contents.Index, lease => ReadAsync(lease, cancellationToken), cancellationToken);

    private async Task<IndexRebuildReport> ReadAsync(UpkeepLease lease, CancellationToken cancellationToken)
    {
        var (packs, entries) = (0L, 0L);
        List<string> problems = [];
        List<Digest> lists = [];
        var present = new PackPresence(contents.Packs);
        await foreach (var pack in contents.Packs.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            packs++;
            await lease.RenewIfDueAsync(cancellationToken).ConfigureAwait(false);
            if (await contents.Packs.ReadFooterAsync(pack, cancellationToken).ConfigureAwait(false) is not { } footer)
            {
                problems.Add($"The footer of object '{PackStore.NameOf(pack.Name)}' is damaged. What the index has of it, a scrub and then a collection of garbage pack anew; what it has not must be stored again, or restored from a backup.");
                continue;
            }

            foreach (var kinds in footer.GroupBy(e => e.Kind))
            {
                Dictionary<string, long> unreadable = [];
                var known = await contents.Index.FindAsync(kinds.Key, kinds.Select(e => e.Digest), cancellationToken, unreadable).ConfigureAwait(false);
                List<CellWrite> better = [];
                foreach (var entry in kinds)
                {
                    var old = known.GetValueOrDefault(entry.Digest);
                    if (old is null || (old.Pack != pack.Name && await IsBetterAsync(pack.Name, entry, old).ConfigureAwait(false)))
                    {
                        // of a list that comes back it is not known yet whether its chunks do
                        var comesBack = old is null && entry.Kind == PackEntryKind.Manifest;
                        var now = IndexEntry.Of(pack.Name, entry) with { Condemned = comesBack ? Microseconds.From(contents.Index.Time.GetUtcNow()) : old?.Condemned };
                        better.Add(now.ToWrite(old?.Version ?? unreadable.GetValueOrDefault(now.Key)));
                    }

                    // a rebuild that was interrupted left those that came back condemned
                    if (entry.Kind == PackEntryKind.Manifest && (old is null || old.Condemned is not null))
                        lists.Add(entry.Digest);
                }

                entries += better.Count - (await lease.CommitUnchangedAsync(better, cancellationToken).ConfigureAwait(false)).Count;
            }
        }

        var named = lists.Count > 0 ? await TryScanAsync(lease, cancellationToken).ConfigureAwait(false) : null;
        foreach (var some in lists.Distinct().Chunk(ListsTogether))
            entries -= await SettleAsync(lease, some, named, problems, cancellationToken).ConfigureAwait(false);

        // others would go on telling to do what was just done
        var lost = await contents.Index.ListUnreadableAsync(cancellationToken).ConfigureAwait(false);
        await lease.CommitUnchangedAsync([.. lost.Select(c => new CellWrite { Key = c.Key, ExpectedVersion = c.Version })], cancellationToken).ConfigureAwait(false);
        problems.AddRange(lost.Select(c => $"The cell '{c.Key}' did not say where its content is, and no pack has it; store the content again, or restore a backup."));
        return new IndexRebuildReport(packs, entries, problems);

        // an index that is older than the packs names some that were packed anew since, and are gone
        async ValueTask<bool> IsBetterAsync(Digest pack, PackEntry entry, IndexEntry old) => old.IsDamaged
            ? await IsSoundAsync(pack, entry, cancellationToken).ConfigureAwait(false)
            : !await present.HasAsync(old.Pack, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Takes lists of chunks that came back away again if no record names them and not all of their chunks came back: they were
    /// collected. One that a record names stays, so that the chunks that are left do. A put that relies on one meanwhile changes
    /// its cell, since it is condemned, and has stored the chunks. Returns how many were taken away.
    /// </summary>
    private async Task<int> SettleAsync(
        UpkeepLease lease, Digest[] lists, IReadOnlySet<Digest>? named, List<string> problems, CancellationToken cancellationToken)
    {
        List<CellWrite> writes = [];
        var found = await contents.Index.FindAsync(PackEntryKind.Manifest, lists, cancellationToken, unreadable: []).ConfigureAwait(false);
        foreach (var list in found.Values.Where(e => e.Condemned is not null))
        {
            await lease.RenewIfDueAsync(cancellationToken).ConfigureAwait(false);
            var isWhole = await HasChunksAsync(list, cancellationToken).ConfigureAwait(false);
            var isNamed = named?.Contains(list.Entry.Digest) ?? true;
            if (isNamed && !isWhole)
                problems.Add($"Content {list.Entry.Digest} lacks chunks that no pack has; store it again, or restore the missing pack from a backup.");
            writes.Add(isWhole || isNamed ? (list with { Condemned = null }).ToWrite(list.Version) : list.ToDelete());
        }

        var left = await lease.CommitUnchangedAsync(writes, cancellationToken).ConfigureAwait(false);
        return writes.Except(left).Count(w => w.Value is null);
    }

    /// <summary>What records name; null if that cannot be read, and then it may be anything.</summary>
    private async Task<IReadOnlySet<Digest>?> TryScanAsync(UpkeepLease lease, CancellationToken cancellationToken)
    {
        try
        {
            return await DigestScan.ReadAsync(contents.Index.Store, () => lease.RenewIfDueAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (IntegrityException)
        {
            return null;
        }
    }

    private async Task<bool> HasChunksAsync(IndexEntry list, CancellationToken cancellationToken)
    {
        try
        {
            var chunks = (await contents.ReadManifestAsync(list, cancellationToken).ConfigureAwait(false)).Chunks.Select(c => c.Digest).ToHashSet();
            return (await contents.Index.FindAsync(PackEntryKind.Chunk, chunks, cancellationToken, unreadable: []).ConfigureAwait(false)).Count == chunks.Count;
        }
        catch (IntegrityException)
        {
            return true; // which of them it lists is not known; whoever reads it is told
        }
    }

    private async Task<bool> IsSoundAsync(Digest pack, PackEntry entry, CancellationToken cancellationToken) =>
        PackReader.IsSound(entry with { Offset = 0 }, await contents.Packs.ReadAsync(pack, entry.Offset, entry.Length, cancellationToken).ConfigureAwait(false));
}

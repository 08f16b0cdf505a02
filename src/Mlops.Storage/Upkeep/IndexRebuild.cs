namespace Mlops.Storage;

/// <summary>Makes the index of contents from the packs alone.</summary>
internal sealed class IndexRebuild(PackedContents contents)
{
    /// <summary>Not beside a collection, which could delete a pack between its reading and its indexing.</summary>
    public Task<IndexRebuildReport> RunAsync(CancellationToken cancellationToken) =>
        UpkeepLease.WithAsync(contents.Index, lease => ReadAsync(lease, cancellationToken), cancellationToken);

    private async Task<IndexRebuildReport> ReadAsync(UpkeepLease lease, CancellationToken cancellationToken)
    {
        var (packs, entries) = (0L, 0L);
        List<string> problems = [];
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
                        var now = IndexEntry.Of(pack.Name, entry) with { Condemned = old?.Condemned };
                        better.Add(now.ToWrite(old?.Version ?? unreadable.GetValueOrDefault(now.Key)));
                    }
                }

                entries += better.Count - (await lease.CommitUnchangedAsync(better, cancellationToken).ConfigureAwait(false)).Count;
            }
        }

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

    private async Task<bool> IsSoundAsync(Digest pack, PackEntry entry, CancellationToken cancellationToken) =>
        PackReader.IsSound(entry with { Offset = 0 }, await contents.Packs.ReadAsync(pack, entry.Offset, entry.Length, cancellationToken).ConfigureAwait(false));
}

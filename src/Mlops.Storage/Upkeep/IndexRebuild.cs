namespace Mlops.Storage;

/// <summary>Makes the index of contents from the packs alone.</summary>
internal sealed class IndexRebuild(PackedContents contents)
{
    /// <summary>Not beside a collection, which could delete a pack between its reading and its indexing.</summary>
    public Task<IndexRebuildReport> RunAsync(CancellationToken cancellationToken) =>
        UpkeepLease.WithAsync(contents.Index, lease => ReadAsync(lease, cancellationToken));

    private async Task<IndexRebuildReport> ReadAsync(UpkeepLease lease, CancellationToken cancellationToken)
    {
        var (packs, entries) = (0L, 0L);
        List<string> problems = [];
        await foreach (var pack in contents.Packs.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            packs++;
            await lease.RenewIfDueAsync().ConfigureAwait(false);
            if (await contents.Packs.ReadFooterAsync(pack, cancellationToken).ConfigureAwait(false) is not { } footer)
            {
                problems.Add($"The footer of object '{PackStore.NameOf(pack.Name)}' is damaged; what it holds is not known. Store it again, or restore a backup.");
                continue;
            }

            foreach (var kinds in footer.GroupBy(e => e.Kind))
            {
                var known = await contents.Index.FindAsync(kinds.Key, kinds.Select(e => e.Digest), cancellationToken).ConfigureAwait(false);
                var absent = kinds.Where(e => !known.ContainsKey(e.Digest)).Select(e => IndexEntry.Of(pack.Name, e).ToWrite(expectedVersion: 0)).ToList();
                entries += absent.Count - (await lease.CommitUnchangedAsync(absent).ConfigureAwait(false)).Count;
            }
        }

        return new IndexRebuildReport(packs, entries, problems);
    }
}

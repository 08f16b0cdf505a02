namespace Mlops.Storage;

/// <summary>
/// Packs the live entries of packs anew that are mostly dead, or so small that many of them cost more than they hold. The old
/// packs are then in no entry of the index, and a later collection deletes them; readers that still look there follow the index.
/// </summary>
internal sealed class PackRewriting(PackedContents contents)
{
    private const long SmallBytes = 1024 * 1024;
    private const int FewSmall = 16;
    private readonly List<PackInfo> _sparse = [];
    private readonly List<PackInfo> _small = [];

    public long CandidateBytes => Candidates.Sum(p => p.SizeBytes);

    private IEnumerable<PackInfo> Candidates => _small.Count < FewSmall ? _sparse : _sparse.Concat(_small);

    public void Consider(PackInfo pack, long usedBytes)
    {
        if (usedBytes < pack.SizeBytes / 2 && pack.SizeBytes > SmallBytes)
            _sparse.Add(pack);
        else if (pack.SizeBytes < SmallBytes)
            _small.Add(pack);
    }

    /// <summary>Returns the packs that are not needed any more.</summary>
    public async Task<IReadOnlyList<Digest>> RunAsync(UpkeepLease lease, CancellationToken cancellationToken)
    {
        var builder = new PackBuilder(0);
        try
        {
            List<IndexEntry> moving = [];
            foreach (var pack in Candidates)
            {
                await lease.RenewIfDueAsync().ConfigureAwait(false);
                await AddAsync(pack, builder, moving, cancellationToken).ConfigureAwait(false);
                if (!builder.IsFull)
                    continue;
                await MoveAsync(lease, builder, moving, cancellationToken).ConfigureAwait(false);
                builder.Dispose();
                builder = new PackBuilder(0);
                moving = [];
            }

            await MoveAsync(lease, builder, moving, cancellationToken).ConfigureAwait(false);
            return [.. Candidates.Select(p => p.Name)];
        }
        finally
        {
            builder.Dispose();
        }
    }

    private async Task AddAsync(PackInfo pack, PackBuilder builder, List<IndexEntry> moving, CancellationToken cancellationToken)
    {
        if (await contents.Packs.ReadFooterAsync(pack, cancellationToken).ConfigureAwait(false) is not { } entries)
            return; // damaged; a scrub says so
        var bytes = await contents.Packs.ReadAsync(pack.Name, 0, (int)pack.SizeBytes, cancellationToken).ConfigureAwait(false);
        foreach (var kinds in entries.GroupBy(e => e.Kind))
        {
            var known = await contents.Index.FindAsync(kinds.Key, kinds.Select(e => e.Digest), cancellationToken).ConfigureAwait(false);
            foreach (var entry in kinds)
            {
                // what is damaged stays where it is, and keeps its pack
                if (known.TryGetValue(entry.Digest, out var now) && now.Pack == pack.Name && now.Entry.Offset == entry.Offset && !now.IsDamaged
                    && PackReader.TryDecode(entry, bytes.AsSpan(entry.Offset, entry.Length), new byte[entry.SizeBytes]))
                {
                    builder.AddStored(entry, bytes.AsSpan(entry.Offset, entry.Length));
                    moving.Add(now);
                }
            }
        }
    }

    private async Task MoveAsync(UpkeepLease lease, PackBuilder builder, List<IndexEntry> moving, CancellationToken cancellationToken)
    {
        if (moving.Count == 0)
            return;
        var pack = builder.Finish();
        await contents.Packs.PutAsync(pack, cancellationToken).ConfigureAwait(false);
        var writes = moving.Zip(pack.Entries, (old, entry) => (old with { Pack = pack.Name, Entry = entry }).ToWrite(old.Version));
        await lease.CommitUnchangedAsync([.. writes]).ConfigureAwait(false);
    }
}

namespace Mlops.Storage;

/// <summary>
/// Packs the live entries of packs anew that are mostly dead, or so small that many of them cost more than they hold, or whose footer
/// a scrub found damaged. The old packs are then in no entry of the index, and a later collection deletes them; readers that still look
/// there follow the index.
/// </summary>
/// <param name="contents">Where the packs are.</param>
/// <param name="withoutFooter">Packs whose footer is damaged, and what the index has of them.</param>
internal sealed class PackRewriting(PackedContents contents, IReadOnlyDictionary<Digest, List<PackEntry>> withoutFooter) : IDisposable
{
    private const string WishPrefix = "scrub/footer/";
    private const long SmallBytes = 1024 * 1024;
    private const int FewSmall = 16;
    private readonly List<PackInfo> _sparse = [];
    private readonly List<PackInfo> _small = [];
    private readonly List<IndexEntry> _moving = [];
    private readonly HashSet<Digest> _kept = [];
    private PackBuilder _builder = new(0);

    public long CandidateBytes => Candidates.Sum(p => p.SizeBytes);

    private IEnumerable<PackInfo> Candidates => _small.Count < FewSmall ? _sparse : _sparse.Concat(_small);

    /// <summary>Asks that a pack whose footer is damaged be packed anew.</summary>
    public static CellWrite Wish(Digest pack) => new() { Key = WishPrefix + pack, Value = Array.Empty<byte>() };

    public static CellWrite Withdraw(Digest pack) => new() { Key = WishPrefix + pack };

    /// <summary>For which packs that is asked.</summary>
    public static async Task<List<Digest>> ListWishesAsync(IMetadataStore store, CancellationToken cancellationToken) =>
        [.. (await store.ListCellsAsync(WishPrefix, cancellationToken).ConfigureAwait(false)).Select(c => Digest.Parse(c.Key.AsSpan(WishPrefix.Length)))];

    public void Consider(PackInfo pack, long usedBytes)
    {
        if (withoutFooter.ContainsKey(pack.Name) || (usedBytes < pack.SizeBytes / 2 && pack.SizeBytes > SmallBytes))
            _sparse.Add(pack);
        else if (pack.SizeBytes < SmallBytes)
            _small.Add(pack);
    }

    /// <summary>Returns the packs that are not needed any more.</summary>
    public async Task<IReadOnlyList<Digest>> RunAsync(UpkeepLease lease, CancellationToken cancellationToken)
    {
        foreach (var pack in Candidates)
        {
            await lease.RenewIfDueAsync(cancellationToken).ConfigureAwait(false);
            await AddAsync(pack, lease, cancellationToken).ConfigureAwait(false);
        }

        await MoveAsync(lease, cancellationToken).ConfigureAwait(false);
        return [.. Candidates.Select(p => p.Name).Where(p => !_kept.Contains(p))];
    }

    public void Dispose() => _builder.Dispose();

    private async Task AddAsync(PackInfo pack, UpkeepLease lease, CancellationToken cancellationToken)
    {
        // in their order, so that contents are read on in few requests
        IEnumerable<PackEntry>? entries = withoutFooter.TryGetValue(pack.Name, out var used)
            ? used.OrderBy(e => e.Offset)
            : await contents.Packs.ReadFooterAsync(pack, cancellationToken).ConfigureAwait(false);
        if (entries is null)
        {
            _kept.Add(pack.Name); // damaged; a scrub says so, and asks for it
            return;
        }

        var bytes = await contents.Packs.ReadAsync(pack.Name, 0, (int)pack.SizeBytes, cancellationToken).ConfigureAwait(false);
        foreach (var kinds in entries.GroupBy(e => e.Kind))
        {
            var known = await contents.Index.FindAsync(kinds.Key, kinds.Select(e => e.Digest), cancellationToken).ConfigureAwait(false);
            foreach (var entry in kinds)
            {
                if (!known.TryGetValue(entry.Digest, out var now) || now.Pack != pack.Name || now.Entry.Offset != entry.Offset)
                    continue;
                if (now.IsDamaged || !PackReader.IsSound(entry, bytes))
                {
                    _kept.Add(pack.Name); // what is damaged stays where it is
                    continue;
                }

                if (!_builder.HasRoomFor(entry.Length))
                    await MoveAsync(lease, cancellationToken).ConfigureAwait(false);
                _builder.AddStored(entry, bytes.AsSpan(entry.Offset, entry.Length));
                _moving.Add(now);
            }
        }
    }

    private async Task MoveAsync(UpkeepLease lease, CancellationToken cancellationToken)
    {
        if (_moving.Count == 0)
            return;
        var pack = _builder.Finish();
        await contents.Packs.PutAsync(pack, cancellationToken).ConfigureAwait(false);
        List<CellWrite> writes = [.. _moving.Zip(pack.Entries, (old, entry) => (old with { Pack = pack.Name, Entry = entry }).ToWrite(old.Version))];
        var changed = (await lease.CommitUnchangedAsync(writes, cancellationToken).ConfigureAwait(false)).ToHashSet();
        _kept.UnionWith(_moving.Where((_, i) => changed.Contains(writes[i])).Select(e => e.Pack));
        _moving.Clear();
        _builder.Dispose();
        _builder = new PackBuilder(0);
    }
}

namespace Mlops.Storage;

/// <summary>Reads entries of packs, and gives none whose bytes are not what was stored.</summary>
internal sealed class PackReader(PackStore packs, ContentIndex index)
{
    /// <summary>The bytes of an entry, checked.</summary>
    /// <param name="entry">Where the index says it is.</param>
    /// <param name="what">What it is to the reader, for the message.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="NotFoundException">It is not there any more.</exception>
    /// <exception cref="IntegrityException">It is damaged.</exception>
    public async Task<byte[]> ReadAsync(IndexEntry entry, string what, CancellationToken cancellationToken)
    {
        var bytes = new byte[entry.Entry.SizeBytes];
        await ReadAsync([(entry, bytes)], what, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    /// <summary>Reads entries that stand one behind the other in one pack with one request.</summary>
    public async Task ReadAsync(IReadOnlyList<(IndexEntry Entry, Memory<byte> Destination)> run, string what, CancellationToken cancellationToken)
    {
        var first = run[0].Entry;
        byte[] stored;
        try
        {
            stored = await packs.ReadAsync(first.Pack, first.Entry.Offset, run.Sum(r => r.Entry.Entry.Length), cancellationToken).ConfigureAwait(false);
        }
        catch (NotFoundException)
        {
            await FollowAsync(run, what, cancellationToken).ConfigureAwait(false);
            return;
        }

        var at = 0;
        foreach (var (entry, destination) in run)
        {
            var length = Math.Min(entry.Entry.Length, stored.Length - at);
            if (!TryDecode(entry.Entry, stored.AsSpan(at, length), destination.Span))
                await ReadAgainAsync(entry, destination, what, cancellationToken).ConfigureAwait(false);
            else if (entry.IsDamaged && entry.Entry.Kind != PackEntryKind.Manifest)
                await MarkAsync(entry, isDamaged: false, cancellationToken).ConfigureAwait(false); // it was only out of reach
            at += length;
        }
    }

    /// <summary>Whether stored bytes are what the entry says, decoded into the destination.</summary>
    public static bool TryDecode(PackEntry entry, ReadOnlySpan<byte> stored, Span<byte> destination)
    {
        if (stored.Length != entry.Length)
            return false;
        if (entry.Codec == PackCodec.Zstd)
        {
            if (!Zstd.TryDecompress(stored, destination))
                return false;
        }
        else if (entry.Codec == PackCodec.None && stored.Length == destination.Length)
        {
            stored.CopyTo(destination);
        }
        else
        {
            return false;
        }

        // the digest of a manifest is that of its content; it has a checksum of its own
        return entry.Kind == PackEntryKind.Manifest || Digest.Of(destination) == entry.Digest;
    }

    /// <summary>Whether the entry of a whole pack is what its footer says, a list of chunks included.</summary>
    public static bool IsSound(PackEntry entry, ReadOnlySpan<byte> pack)
    {
        if (entry.Offset + (long)entry.Length > pack.Length)
            return false;
        var bytes = new byte[entry.SizeBytes];
        return TryDecode(entry, pack.Slice(entry.Offset, entry.Length), bytes)
            && (entry.Kind != PackEntryKind.Manifest || Manifest.IsSound(bytes, new ContentInfo(entry.Digest, entry.ContentBytes)));
    }

    /// <summary>A pack that is gone may have been packed anew; the index knows where its entries are now.</summary>
    private async Task FollowAsync(IReadOnlyList<(IndexEntry Entry, Memory<byte> Destination)> run, string what, CancellationToken cancellationToken)
    {
        foreach (var (entry, destination) in run)
        {
            var now = await index.FindAsync(entry.Entry.Kind, [entry.Entry.Digest], cancellationToken).ConfigureAwait(false);
            if (!now.TryGetValue(entry.Entry.Digest, out var moved))
                throw new NotFoundException($"{what} is not in '{packs.Location}' any more.");
            if (moved.Pack == entry.Pack)
            {
                foreach (var lost in run)
                    await MarkDamagedAsync(lost.Entry, cancellationToken).ConfigureAwait(false);
                throw new IntegrityException($"Object '{PackStore.NameOf(entry.Pack)}' is missing in '{packs.Location}', and with it {what}; store the content again, or restore a backup.");
            }

            await ReadAsync([(moved, destination)], what, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What arrives wrong is asked for once more, since lines can fail too; then the index is told.</summary>
    private async Task ReadAgainAsync(IndexEntry entry, Memory<byte> destination, string what, CancellationToken cancellationToken)
    {
        var stored = await packs.ReadAsync(entry.Pack, entry.Entry.Offset, entry.Entry.Length, cancellationToken).ConfigureAwait(false);
        if (TryDecode(entry.Entry, stored, destination.Span))
            return;
        await MarkDamagedAsync(entry, cancellationToken).ConfigureAwait(false);
        throw Damaged(entry, what);
    }

    /// <summary>From now on no put relies on it, so that storing the content again repairs it.</summary>
    public Task MarkDamagedAsync(IndexEntry entry, CancellationToken cancellationToken) => MarkAsync(entry, isDamaged: true, cancellationToken);

    private async Task MarkAsync(IndexEntry entry, bool isDamaged, CancellationToken cancellationToken)
    {
        try
        {
            await index.CommitAsync([(entry with { IsDamaged = isDamaged }).ToWrite(entry.Version)], cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ConflictException or StorageUnavailableException)
        {
            // it was repaired, moved or deleted meanwhile, or the store cannot be written; the next read finds out
        }
    }

    private IntegrityException Damaged(IndexEntry entry, string what) => new(
        $"Object '{PackStore.NameOf(entry.Pack)}' in '{packs.Location}' is damaged from byte {entry.Entry.Offset} on, and with it {what}; store the content again.");
}

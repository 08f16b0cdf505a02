using System.Buffers;

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
        await ReadAsync([entry], bytes, checksDigests: true, what, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    /// <summary>Reads entries that stand one behind the other in one pack with one request, and puts their bytes one behind the other.</summary>
    /// <param name="run">The entries.</param>
    /// <param name="destination">Where to; as large as all of them.</param>
    /// <param name="checksDigests">Whether the bytes are checked here; otherwise the caller does so with all of the content.</param>
    /// <param name="what">What they are to the reader, for the message.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task ReadAsync(
        IReadOnlyList<IndexEntry> run, Memory<byte> destination, bool checksDigests, string what, CancellationToken cancellationToken)
    {
        var stored = run.Sum(e => e.Entry.Length);

        // what is not compressed is read to where it belongs
        var rented = run.All(e => e.Entry.Codec == PackCodec.None && e.Entry.Length == e.Entry.SizeBytes) ? null : ArrayPool<byte>.Shared.Rent(stored);
        try
        {
            Memory<byte> target = rented ?? destination;
            int read;
            try
            {
                read = await packs.ReadAsync(run[0].Pack, run[0].Entry.Offset, target[..stored], cancellationToken).ConfigureAwait(false);
            }
            catch (NotFoundException)
            {
                await FollowAsync(run, destination, what, cancellationToken).ConfigureAwait(false);
                return;
            }

            var (at, place) = (0, 0);
            foreach (var entry in run)
            {
                var piece = target[Math.Min(at, read)..Math.Min(at + entry.Entry.Length, read)];
                var bytes = destination.Slice(place, entry.Entry.SizeBytes);
                if (!TryDecode(entry.Entry, piece.Span, bytes.Span, checksDigests || entry.IsDamaged))
                    await ReadAgainAsync(entry, bytes, what, cancellationToken).ConfigureAwait(false);
                else if (entry.IsDamaged && entry.Entry.Kind != PackEntryKind.Manifest)
                    await MarkAsync(entry, isDamaged: false, cancellationToken).ConfigureAwait(false); // it was only out of reach
                at += entry.Entry.Length;
                place += entry.Entry.SizeBytes;
            }
        }
        finally
        {
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Whether stored bytes are what the entry says, decoded into the destination, which may be where they are.</summary>
    public static bool TryDecode(PackEntry entry, ReadOnlySpan<byte> stored, Span<byte> destination, bool checksDigest = true)
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
        return !checksDigest || entry.Kind == PackEntryKind.Manifest || Digest.Of(destination) == entry.Digest;
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
    private async Task FollowAsync(IReadOnlyList<IndexEntry> run, Memory<byte> destination, string what, CancellationToken cancellationToken)
    {
        var at = 0;
        foreach (var entry in run)
        {
            var now = await index.FindAsync(entry.Entry.Kind, [entry.Entry.Digest], cancellationToken).ConfigureAwait(false);
            if (!now.TryGetValue(entry.Entry.Digest, out var moved))
                throw new NotFoundException($"{what} is not in '{packs.Location}' any more.");
            if (moved.Pack == entry.Pack)
            {
                foreach (var lost in run)
                    await MarkDamagedAsync(lost, cancellationToken).ConfigureAwait(false);
                throw new IntegrityException($"Object '{PackStore.NameOf(entry.Pack)}' is missing in '{packs.Location}', and with it {what}; store the content again, or restore a backup.");
            }

            await ReadAsync([moved], destination.Slice(at, entry.Entry.SizeBytes), checksDigests: true, what, cancellationToken).ConfigureAwait(false);
            at += entry.Entry.SizeBytes;
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

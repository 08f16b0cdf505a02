using System.Text;

namespace Mlops.Storage;

/// <summary>Reads stored objects against their digests, so many bytes at a time, going on where the last scrub ended.</summary>
internal sealed class ContentScrub(PackedContents contents, WholeObjects whole)
{
    private const string PositionKey = "scrub/position";
    private readonly List<string> _problems = [];
    private long _objects;
    private long _bytes;

    public async Task<ScrubReport> RunAsync(long budgetBytes, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var cell = await contents.Index.Store.FindCellAsync(PositionKey, cancellationToken).ConfigureAwait(false);
        var position = cell is null ? "" : Encoding.UTF8.GetString(cell.Value.Span);
        var isComplete = true;
        await foreach (var pack in contents.Packs.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            var name = PackStore.NameOf(pack.Name).Value;
            if (string.CompareOrdinal(name, position) <= 0)
                continue;
            if (_bytes >= budgetBytes)
            {
                isComplete = false;
                break;
            }

            await CheckAsync(pack, cancellationToken).ConfigureAwait(false);
            position = name;
            progress?.Report(_bytes);
        }

        if (isComplete)
        {
            await CheckWholeAsync(progress, cancellationToken).ConfigureAwait(false);
            await CheckMissingAsync(cancellationToken).ConfigureAwait(false);
        }

        await contents.Index.CommitAsync(
            [new CellWrite { Key = PositionKey, Value = Encoding.UTF8.GetBytes(isComplete ? "" : position) }], cancellationToken).ConfigureAwait(false);
        return new ScrubReport(_objects, _bytes, isComplete, _problems);
    }

    private async Task CheckAsync(PackInfo pack, CancellationToken cancellationToken)
    {
        byte[] bytes;
        try
        {
            bytes = await contents.Packs.ReadAsync(pack.Name, 0, (int)pack.SizeBytes, cancellationToken).ConfigureAwait(false);
        }
        catch (NotFoundException)
        {
            return; // collected since it was listed
        }

        _objects++;
        _bytes += pack.SizeBytes;
        var footer = PackFooter.TryReadFrom(bytes, pack.Name);
        if (footer is null)
        {
            // the entries can be sound all the same, and the index knows them
            _problems.Add($"The footer of object '{PackStore.NameOf(pack.Name)}' is damaged; its entries are checked by the index.");
            footer = await FindEntriesAsync(pack.Name, cancellationToken).ConfigureAwait(false);
        }

        var damaged = footer.Where(e => !PackReader.IsSound(e, bytes)).ToList();
        if (damaged.Count > 0)
            await QuarantineAsync(pack.Name, damaged, "damaged", cancellationToken).ConfigureAwait(false);
        await ReleaseAsync(pack.Name, footer.Except(damaged), cancellationToken).ConfigureAwait(false);
    }

    private async Task QuarantineAsync(Digest pack, IReadOnlyList<PackEntry> entries, string how, CancellationToken cancellationToken)
    {
        foreach (var kinds in entries.GroupBy(e => e.Kind))
        {
            var known = await contents.Index.FindAsync(kinds.Key, kinds.Select(e => e.Digest), cancellationToken).ConfigureAwait(false);
            foreach (var entry in known.Values.Where(e => e.Pack == pack))
            {
                await contents.Index.CommitUnchangedAsync([(entry with { IsDamaged = true }).ToWrite(entry.Version)], cancellationToken).ConfigureAwait(false);
                var what = kinds.Key == PackEntryKind.Chunk ? "chunk" : "content";
                _problems.Add($"Object '{PackStore.NameOf(pack)}' in '{contents.Packs.Location}' is {how}, and with it {what} {entry.Entry.Digest}; store the content again.");
            }
        }
    }

    /// <summary>Lets out of quarantine what was only out of reach, such as on a disk that was not mounted.</summary>
    private async Task ReleaseAsync(Digest pack, IEnumerable<PackEntry> sound, CancellationToken cancellationToken)
    {
        foreach (var kinds in sound.GroupBy(e => e.Kind))
        {
            var known = await contents.Index.FindAsync(kinds.Key, kinds.Select(e => e.Digest), cancellationToken).ConfigureAwait(false);
            var released = known.Values.Where(e => e.Pack == pack && e.IsDamaged).Select(e => (e with { IsDamaged = false }).ToWrite(e.Version)).ToList();
            await contents.Index.CommitUnchangedAsync(released, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CheckWholeAsync(IProgress<long>? progress, CancellationToken cancellationToken)
    {
        await foreach (var info in whole.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                if (await whole.TryOpenAsync(info.Digest, cancellationToken).ConfigureAwait(false) is not { } stream)
                    continue;
                await using (stream.ConfigureAwait(false))
                    await stream.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
            }
            catch (IntegrityException e)
            {
                _problems.Add(e.Message);
            }

            _objects++;
            _bytes += info.SizeBytes;
            progress?.Report(_bytes);
        }
    }

    /// <summary>Finds packs that the index names and that are not there.</summary>
    private async Task CheckMissingAsync(CancellationToken cancellationToken)
    {
        HashSet<Digest> missing = [];
        await foreach (var entry in EntriesAsync(cancellationToken).ConfigureAwait(false))
            missing.Add(entry.Pack);
        await foreach (var pack in contents.Packs.ListAsync(cancellationToken).ConfigureAwait(false))
            missing.Remove(pack.Name);
        foreach (var pack in missing)
        {
            // one that was put since the index was read is not in that list either, but it is there
            if (await contents.Packs.FindAsync(pack, cancellationToken).ConfigureAwait(false) is null)
                await QuarantineAsync(pack, await FindEntriesAsync(pack, cancellationToken).ConfigureAwait(false), "missing", cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<PackEntry>> FindEntriesAsync(Digest pack, CancellationToken cancellationToken)
    {
        List<PackEntry> entries = [];
        await foreach (var entry in EntriesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (entry.Pack == pack)
                entries.Add(entry.Entry);
        }

        return entries;
    }

    private async IAsyncEnumerable<IndexEntry> EntriesAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var part in contents.Index.ListContentsAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var entry in part)
                yield return entry;
        }

        await foreach (var part in contents.Index.ListChunksAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var entry in part)
                yield return entry;
        }
    }
}

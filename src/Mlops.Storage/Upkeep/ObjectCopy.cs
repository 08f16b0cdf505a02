using System.Collections.Concurrent;

namespace Mlops.Storage;

/// <summary>Copies the objects that hold contents as they are, each checked on the way, so that a copy of the index fits them.</summary>
internal sealed class ObjectCopy(PackedContents contents, IObjectStore from, IObjectStore to, bool trustsPresent)
{
    private const int SideBySide = 8;
    private readonly ConcurrentBag<string> _problems = [];
    private readonly ConcurrentDictionary<ObjectName, string> _missing = [];
    private long _copied;
    private long _bytes;

    public async Task<ObjectCopyReport> RunAsync(IReadOnlySet<Digest> digests, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var names = await FindObjectsAsync(digests, cancellationToken).ConfigureAwait(false);
        await CopyAsync(names, progress, cancellationToken).ConfigureAwait(false);
        if (!_missing.IsEmpty)
        {
            // a collection may have packed anew what was in them
            var now = await FindObjectsAsync(digests, cancellationToken).ConfigureAwait(false);
            await CopyAsync(now.Where(n => !names.ContainsKey(n.Key)).ToDictionary(), progress: null, cancellationToken).ConfigureAwait(false);
            names = now;
        }

        var problems = _problems.Concat(_missing.Where(m => names.ContainsKey(m.Key)).Select(m => m.Value));
        return new ObjectCopyReport(names.Count, _copied, _bytes, [.. problems.Order(StringComparer.Ordinal)]);
    }

    private async Task CopyAsync(
        Dictionary<ObjectName, (bool IsPack, Digest Digest)> names, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var done = 0L;
        var options = new ParallelOptions { MaxDegreeOfParallelism = SideBySide, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(names, options, async (item, token) =>
        {
            try
            {
                await CopyAsync(item.Key, item.Value, token).ConfigureAwait(false);
            }
            catch (NotFoundException e)
            {
                _missing[item.Key] = e.Message;
            }
            catch (IntegrityException e)
            {
                // a whole object of what is sound in packs is of no use; the rest is still worth copying
                if (item.Value.IsPack || !await contents.IsKeptAsync(item.Value.Digest, token).ConfigureAwait(false))
                    _problems.Add(e.Message);
            }

            progress?.Report(Interlocked.Increment(ref done) / (double)names.Count);
        }).ConfigureAwait(false);
    }

    /// <summary>
    /// Every pack that the index speaks of, since a copy of the index without one of them would make later puts rely on it; and the
    /// whole objects of those contents that the index does not have, or whose repair is still one.
    /// </summary>
    private async Task<Dictionary<ObjectName, (bool IsPack, Digest Digest)>> FindObjectsAsync(IReadOnlySet<Digest> digests, CancellationToken cancellationToken)
    {
        Dictionary<ObjectName, (bool IsPack, Digest Digest)> names = [];
        HashSet<Digest> packs = [];
        HashSet<Digest> whole = [.. digests];
        await foreach (var part in contents.Index.ListAllAsync(cancellationToken).ConfigureAwait(false))
        {
            packs.UnionWith(part.Select(e => e.Pack));
            whole.ExceptWith(part.Where(e => e.Entry.Kind != PackEntryKind.Chunk).Select(e => e.Entry.Digest));
        }

        await foreach (var found in new WholeObjects(from).ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (digests.Contains(found.Digest))
                whole.Add(found.Digest);
        }

        foreach (var pack in packs)
            names[PackStore.NameOf(pack)] = (true, pack);
        foreach (var digest in whole)
            names[WholeObjects.NameOf(digest)] = (false, digest);
        return names;
    }

    private async Task CopyAsync(ObjectName name, (bool IsPack, Digest Digest) item, CancellationToken cancellationToken)
    {
        var isThere = await to.FindAsync(name, cancellationToken).ConfigureAwait(false) is not null;
        if (isThere && trustsPresent)
            return;
        var size = item.IsPack
            ? await CopyPackAsync(name, item.Digest, cancellationToken).ConfigureAwait(false)
            : await CopyWholeAsync(item.Digest, cancellationToken).ConfigureAwait(false);
        if (isThere)
            return;
        Interlocked.Increment(ref _copied);
        Interlocked.Add(ref _bytes, size);
    }

    private async Task<long> CopyWholeAsync(Digest digest, CancellationToken cancellationToken)
    {
        var stream = await new ContentStore(from).OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
            return (await new ContentStore(to).PutAsync(stream, cancellationToken).ConfigureAwait(false)).SizeBytes;
    }

    private async Task<long> CopyPackAsync(ObjectName name, Digest pack, CancellationToken cancellationToken)
    {
        var bytes = await ReadAsync(name, pack, cancellationToken).ConfigureAwait(false);
        var isSound = IsSound(pack, bytes);
        if (!isSound)
        {
            // lines can fail too
            bytes = await ReadAsync(name, pack, cancellationToken).ConfigureAwait(false);
            isSound = IsSound(pack, bytes);
        }

        for (var isRetry = false; ; isRetry = true)
        {
            var content = new MemoryStream(bytes, 0, bytes.Length, writable: false, publiclyVisible: true);
            await using (content.ConfigureAwait(false))
            {
                if (await to.PutIfAbsentAsync(name, content, cancellationToken).ConfigureAwait(false) == PutOutcome.Created)
                {
                    if (!isSound)
                        _problems.Add($"Object '{name}' in '{from.Location}' is damaged; it was copied as it is. A scrub says what it concerns.");
                    return bytes.Length;
                }
            }

            // what an earlier copy took may be the only sound one by now
            if (!isSound)
                throw new IntegrityException($"Object '{name}' in '{from.Location}' is damaged; the one in '{to.Location}' was left as it is. A scrub says what it concerns.");
            var there = await new PackStore(to).ReadAsync(pack, 0, bytes.Length, cancellationToken).ConfigureAwait(false);
            if (there.AsSpan().SequenceEqual(bytes))
                return bytes.Length;
            if (isRetry)
                throw new IntegrityException($"Object '{name}' in '{to.Location}' comes back damaged after it was replaced; check the storage.");
            await to.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<byte[]> ReadAsync(ObjectName name, Digest pack, CancellationToken cancellationToken) =>
        await contents.Packs.TryReadAsync(pack, cancellationToken).ConfigureAwait(false)
            ?? throw new NotFoundException($"Object '{name}' is missing in '{from.Location}'; store again what was in it, or restore a backup.");

    private static bool IsSound(Digest pack, byte[] bytes) =>
        PackFooter.TryReadFrom(bytes, pack) is { } entries && entries.All(e => PackReader.IsSound(e, bytes));
}

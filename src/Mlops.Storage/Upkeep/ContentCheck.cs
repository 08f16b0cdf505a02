namespace Mlops.Storage;

/// <summary>Looks whether contents are there: in the index with all their chunks, and the objects that these are in.</summary>
internal sealed class ContentCheck(PackedContents contents, WholeObjects whole)
{
    private readonly PackPresence _packs = new(contents.Packs);

    /// <summary>What is wrong with a content; null if nothing is. Its bytes are not read.</summary>
    public async Task<string?> FindProblemAsync(Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            return await LookAsync(digest, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IntegrityException or NotFoundException)
        {
            return e.Message;
        }
    }

    private async Task<string?> LookAsync(Digest digest, CancellationToken cancellationToken)
    {
        var entry = await contents.FindAsync(digest, cancellationToken).ConfigureAwait(false);
        if (entry is null or { IsDamaged: true } && await whole.FindAsync(digest, cancellationToken).ConfigureAwait(false) is not null)
            return null;

        // a collection may have packed the whole object meanwhile
        entry ??= await contents.FindAsync(digest, cancellationToken).ConfigureAwait(false);
        if (entry is null)
            return $"Content {digest} is named by a record, and missing";
        if (entry.IsDamaged || !await _packs.HasAsync(entry.Pack, cancellationToken).ConfigureAwait(false))
            return Problem(digest, entry);
        if (entry.Entry.Kind != PackEntryKind.Manifest)
            return null;
        var manifest = await contents.ReadManifestAsync(entry, cancellationToken).ConfigureAwait(false);
        var found = await contents.Index.FindAsync(PackEntryKind.Chunk, manifest.Chunks.Select(c => c.Digest), cancellationToken).ConfigureAwait(false);
        foreach (var chunk in manifest.Chunks)
        {
            if (!found.TryGetValue(chunk.Digest, out var at))
                return $"Chunk {chunk.Digest} of content {digest} is missing";
            if (at.IsDamaged || !await _packs.HasAsync(at.Pack, cancellationToken).ConfigureAwait(false))
                return Problem(digest, at);
        }

        return null;
    }

    private static string Problem(Digest digest, IndexEntry entry) =>
        $"Object '{PackStore.NameOf(entry.Pack)}' is {(entry.IsDamaged ? "damaged" : "missing")}, and with it content {digest}";
}

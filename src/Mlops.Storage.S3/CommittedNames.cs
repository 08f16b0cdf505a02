namespace Mlops.Storage.S3;

/// <summary>
/// What is stored under which name. At the key that is the name there is a small object itself or the marker of a large one; a
/// marker without its bytes, as a put can leave that was sent twice while others deleted, counts as nothing.
/// </summary>
internal sealed class CommittedNames(Bucket bucket)
{
    private const int MostAttempts = 10;

    public async Task<StoredObject?> FindAsync(ObjectName name, CancellationToken cancellationToken)
    {
        var stored = StoredObject.Of(name, await bucket.FindAsync(name.Value, cancellationToken).ConfigureAwait(false));
        return await IsWholeAsync(stored, cancellationToken).ConfigureAwait(false) ? stored : null;
    }

    /// <summary>Commits a small object, or the marker of a large one. False if the name is taken.</summary>
    public async Task<bool> TryAddAsync(ObjectName name, ArraySegment<byte> body, PutStamp stamp, CancellationToken cancellationToken)
    {
        string? replaced = null;
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            if (await bucket.TryPutAsync(name.Value, body, stamp, replaced, cancellationToken).ConfigureAwait(false))
                return true;

            // by whom? An earlier attempt may have arrived though its answer did not
            var there = await bucket.FindAsync(name.Value, cancellationToken).ConfigureAwait(false);
            if (there?.Stamp?.Id == stamp.Id)
                return true;
            if (await IsWholeAsync(StoredObject.Of(name, there), cancellationToken).ConfigureAwait(false))
                return false;
            replaced = there?.ETag;
        }

        throw new StorageUnavailableException($"'{name}' is being put and deleted by others all the time; try again later.");
    }

    public async Task<bool> IsWholeAsync(StoredObject? stored, CancellationToken cancellationToken) =>
        stored is not null && (!stored.IsLarge || await bucket.FindAsync(stored.Key, cancellationToken).ConfigureAwait(false) is not null);
}
